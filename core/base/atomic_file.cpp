#include "core/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace cutaway {

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return fail(ErrorKind::badInput, path, ": is a directory; expected the name of a file to write");
  for (int attempt = 0;; ++attempt) {
    std::string temporary = concat(path, ".", getpid(), "-", attempt, ".part");
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return AtomicFile(path, std::move(temporary), descriptor);
    if (errno != EEXIST || attempt == 100)
      return fail(ErrorKind::badInput, path, ": cannot be created: ", std::strerror(errno));
  }
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : m_path(std::move(path)), m_temporary(std::move(temporary)), m_descriptor(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_path(std::move(other.m_path)),
      m_temporary(std::exchange(other.m_temporary, {})),
      m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_written(other.m_written) {}

AtomicFile::~AtomicFile() {
  if (m_descriptor >= 0) close(m_descriptor);
  if (!m_temporary.empty()) unlink(m_temporary.c_str());
}

std::unexpected<Error> AtomicFile::failure(const char* what) const {
  return fail(ErrorKind::badInput, m_path, ": cannot be ", what, ": ", std::strerror(errno));
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(m_descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("written");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    m_written += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> AtomicFile::commit() {
  if (fsync(m_descriptor) != 0) return failure("written");
  if (close(std::exchange(m_descriptor, -1)) != 0) return failure("written");
  if (std::rename(m_temporary.c_str(), m_path.c_str()) != 0)
    return failure("renamed from its temporary name");
  m_temporary.clear();
  return {};
}

}  // namespace cutaway
