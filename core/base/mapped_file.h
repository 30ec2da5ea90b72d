// A read-only file mapped into memory, or bytes that live elsewhere (the embedded demo model).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/base/result.h"

namespace cutaway {

/// Bytes with their owner and the name that errors use. Cheap to copy.
struct SharedBytes {
  std::string name;                   ///< path, or "demo"
  std::span<const std::byte> bytes;   ///< valid while `owner` lives (or forever when it is null)
  std::shared_ptr<const void> owner;
  bool isMapping = false;             ///< of a file: its pages can be forgotten
};

/// Maps a regular file. Fails on a directory, a missing or an unreadable file; an empty file is an empty span.
Result<SharedBytes> mapFile(const std::string& path);

/// Asks the system to read pages that will be needed soon, and does not wait. Nothing happens to bytes that are no
/// mapping.
void expectPages(const SharedBytes& file, std::span<const std::byte> part);

/// Gives back the memory of pages that were read and are not needed again soon; they are read anew from the
/// file when they are. Whole pages inside `part` only; nothing happens to bytes that are no mapping.
void forgetPages(const SharedBytes& file, std::span<const std::byte> part);

}  // namespace cutaway
