#include "core/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace cutaway {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : m_fd(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (m_fd >= 0) close(m_fd);
  }
  int get() const { return m_fd; }

 private:
  int m_fd;
};

}  // namespace

Result<SharedBytes> mapFile(const std::string& path) {
  // O_NONBLOCK: a pipe must be refused, not waited for.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fail(ErrorKind::badInput, path, ": cannot be opened: ", std::strerror(errno));
  struct stat status{};
  if (fstat(file.get(), &status) != 0)
    return fail(ErrorKind::badInput, path, ": cannot be examined: ", std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return fail(ErrorKind::badInput, path, ": is a directory; expected a file");
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::badInput, path, ": is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return SharedBytes{path, {}, nullptr};
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return fail(ErrorKind::badInput, path, ": cannot be mapped: ", std::strerror(errno));
  std::shared_ptr<const void> owner(data, [size](const void* p) { munmap(const_cast<void*>(p), size); });
  return SharedBytes{path, {static_cast<const std::byte*>(data), size}, std::move(owner), true};
}

void expectPages(const SharedBytes& file, std::span<const std::byte> part) {
  if (!file.isMapping || part.empty()) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size());
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_WILLNEED);
}

void forgetPages(const SharedBytes& file, std::span<const std::byte> part) {
  if (!file.isMapping) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size()) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace cutaway
