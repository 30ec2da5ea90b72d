// A file that is written whole or not at all: under a temporary name beside its own, renamed at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/base/checksum.h"
#include "core/base/result.h"

namespace cutaway {

/// Move-only. Without a commit the temporary file is removed, and what was at `path` before stays.
class AtomicFile {
 public:
  /// Fails when the folder does not exist or cannot be written, or `path` is a folder.
  static Result<AtomicFile> create(const std::string& path);
  /// The same with a temporary name that the caller knows, and whose bytes are not cut off: for resumeAt().
  static Result<AtomicFile> reopen(const std::string& path, const std::string& temporary);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Result<void> write(std::span<const std::byte> bytes);
  std::uint64_t written() const { return m_written; }
  /// Goes on behind the first `bytes` bytes; what lies behind them is cut off. Fails where there are not so many.
  Result<void> resumeAt(std::uint64_t bytes);
  /// Of a reopened file: what was written there.
  Result<void> read(std::uint64_t offset, std::span<std::byte> bytes) const;

  /// Of a reopened file: bytes that were written since the last time, or since resumeAt().
  struct Piece {
    std::uint64_t begin = 0, end = 0, checksum = 0;
  };
  Piece takePiece();
  /// Whether the temporary file stays when there is no commit.
  void keep(bool keeps) { m_keeps = keeps; }

  /// Flushes to the disk and gives the file its name.
  Result<void> commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  std::unexpected<Error> failure(const char* what) const;

  std::string m_path, m_temporary;
  int m_descriptor = -1;  ///< -1 once closed or moved from
  std::uint64_t m_written = 0, m_pieceBegin = 0;
  Checksum m_checksum;  ///< of the piece, of a reopened file
  bool m_reopened = false, m_keeps = false;
};

}  // namespace cutaway
