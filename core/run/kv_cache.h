// Which tokens each sequence of the cache holds, page by page; branches share the pages of their prefix.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/run/backend.h"

namespace cutaway {

using SequenceId = std::int32_t;

/// Host-side bookkeeping over a CacheStorage. Not thread-safe: the engine thread's. A sequence is named by
/// what create() or fork() gave, until remove().
class KvCache {
 public:
  explicit KvCache(std::shared_ptr<CacheStorage> storage);

  SequenceId create();
  /// A new sequence that begins with the first `length` tokens of `from`; whole pages are shared, a page that
  /// is divided is copied.
  Result<SequenceId> fork(SequenceId from, std::uint32_t length);
  void remove(SequenceId sequence);

  const std::vector<TokenId>& tokens(SequenceId sequence) const;
  std::uint32_t commonPrefix(SequenceId sequence, std::span<const TokenId> tokens) const;
  void truncate(SequenceId sequence, std::uint32_t length);
  /// Gives the sequence cells for these tokens and counts them as held. Fails with contextFull, and the
  /// counts, when too few pages are free; no sequence is changed then. A page shared with a branch is copied
  /// before it is written. Undo with truncate.
  Result<void> append(SequenceId sequence, std::span<const TokenId> tokens);

  std::span<const std::int32_t> pages(SequenceId sequence) const;
  std::uint32_t capacity() const;   ///< cells in all
  std::uint32_t freeCells() const;  ///< in free pages
  const std::shared_ptr<CacheStorage>& storage() const { return m_storage; }

 private:
  struct Sequence {
    std::vector<TokenId> tokens;
    std::vector<std::int32_t> pages;
  };
  bool lastPageIsShared(const Sequence& sequence) const;
  Result<void> ownLastPage(Sequence& sequence);
  std::int32_t takePage();  ///< the caller has checked that one is free
  void dropPage(std::int32_t page);

  std::shared_ptr<CacheStorage> m_storage;
  std::map<SequenceId, Sequence> m_sequences;
  std::vector<std::int32_t> m_free;
  std::vector<std::uint32_t> m_holders;  ///< per page
  SequenceId m_next = 0;
};

}  // namespace cutaway
