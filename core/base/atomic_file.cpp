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

Result<AtomicFile> AtomicFile::reopen(const std::string& path, const std::string& temporary) {
  const int descriptor = open(temporary.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return fail(ErrorKind::badInput, path, ": cannot be created: ", std::strerror(errno));
  AtomicFile file(path, temporary, descriptor);
  file.m_reopened = true;
  return file;
}

Result<void> AtomicFile::resumeAt(std::uint64_t bytes) {
  const off_t there = lseek(m_descriptor, 0, SEEK_END), wanted = static_cast<off_t>(bytes);
  if (there < wanted)
    return fail(ErrorKind::badInput, m_temporary, ": has ", there, " bytes, expected ", bytes, " at least; it is not what was written there before");
  if (ftruncate(m_descriptor, wanted) != 0 || lseek(m_descriptor, wanted, SEEK_SET) != wanted) return failure("written");
  m_written = m_pieceBegin = bytes;
  m_checksum = {};
  return {};
}

Result<void> AtomicFile::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = pread(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("read");
    if (count == 0) return fail(ErrorKind::badInput, m_temporary, ": ends at byte ", offset, ", where ", bytes.size(), " more were expected");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

AtomicFile::Piece AtomicFile::takePiece() {
  const Piece piece{m_pieceBegin, m_written, m_checksum.value()};
  m_pieceBegin = m_written;
  m_checksum = {};
  return piece;
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : m_path(std::move(path)), m_temporary(std::move(temporary)), m_descriptor(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_path(std::move(other.m_path)),
      m_temporary(std::exchange(other.m_temporary, {})),
      m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_written(other.m_written),
      m_pieceBegin(other.m_pieceBegin),
      m_checksum(other.m_checksum),
      m_reopened(other.m_reopened),
      m_keeps(other.m_keeps) {}

AtomicFile::~AtomicFile() {
  if (m_descriptor >= 0) close(m_descriptor);
  if (!m_temporary.empty() && !m_keeps) unlink(m_temporary.c_str());
}

std::unexpected<Error> AtomicFile::failure(const char* what) const {
  return fail(ErrorKind::badInput, m_path, ": cannot be ", what, ": ", std::strerror(errno));
}

Result<void> AtomicFile::write(std::span<const std::byte> bytes) {
  if (m_reopened) m_checksum.add(bytes);
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
