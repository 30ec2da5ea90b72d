// A file that is written whole or not at all: under a temporary name beside its own, renamed at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/base/result.h"

namespace cutaway {

/// Move-only. Without a commit the temporary file is removed, and what was at `path` before stays.
class AtomicFile {
 public:
  /// Fails when the folder does not exist or cannot be written, or `path` is a folder.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Result<void> write(std::span<const std::byte> bytes);
  std::uint64_t written() const { return m_written; }
  /// Flushes to the disk and gives the file its name.
  Result<void> commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  std::unexpected<Error> failure(const char* what) const;

  std::string m_path, m_temporary;
  int m_descriptor = -1;  ///< -1 once closed or moved from
  std::uint64_t m_written = 0;
};

}  // namespace cutaway
