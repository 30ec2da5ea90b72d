#include "core/run/kv_cache.h"

#include <algorithm>
#include <numeric>

namespace cutaway {
namespace {

std::size_t pagesFor(std::size_t tokens) { return (tokens + kPageCells - 1) / kPageCells; }

}  // namespace

KvCache::KvCache(std::shared_ptr<CacheStorage> storage)
    : m_storage(std::move(storage)),
      m_free(m_storage->shape().pages),
      m_holders(m_storage->shape().pages, 0) {
  // Taken from the back: the first page first, so that a lone sequence lies in order.
  std::iota(m_free.rbegin(), m_free.rend(), 0);
}

SequenceId KvCache::create() {
  m_sequences.emplace(m_next, Sequence{});
  return m_next++;
}

Result<SequenceId> KvCache::fork(SequenceId from, std::uint32_t length) {
  const Sequence& parent = m_sequences.at(from);
  const auto kept = std::min<std::size_t>(length, parent.tokens.size());
  Sequence branch;
  branch.tokens.assign(parent.tokens.begin(), parent.tokens.begin() + static_cast<std::ptrdiff_t>(kept));
  branch.pages.assign(parent.pages.begin(),
                      parent.pages.begin() + static_cast<std::ptrdiff_t>(pagesFor(kept)));
  for (const std::int32_t page : branch.pages) ++m_holders[page];
  if (kept % kPageCells != 0) {
    if (auto owned = ownLastPage(branch); !owned) {
      for (const std::int32_t page : branch.pages) dropPage(page);
      return std::unexpected(std::move(owned).error());
    }
  }
  m_sequences.emplace(m_next, std::move(branch));
  return m_next++;
}

void KvCache::remove(SequenceId sequence) {
  const auto found = m_sequences.find(sequence);
  if (found == m_sequences.end()) return;
  truncate(sequence, 0);
  m_sequences.erase(found);
}

const std::vector<TokenId>& KvCache::tokens(SequenceId sequence) const {
  return m_sequences.at(sequence).tokens;
}

std::uint32_t KvCache::commonPrefix(SequenceId sequence, std::span<const TokenId> tokens) const {
  const auto& held = m_sequences.at(sequence).tokens;
  return static_cast<std::uint32_t>(std::ranges::mismatch(held, tokens).in1 - held.begin());
}

void KvCache::truncate(SequenceId sequence, std::uint32_t length) {
  Sequence& held = m_sequences.at(sequence);
  if (length >= held.tokens.size()) return;
  held.tokens.resize(length);
  while (held.pages.size() > pagesFor(length)) {
    dropPage(held.pages.back());
    held.pages.pop_back();
  }
}

Result<void> KvCache::append(SequenceId sequence, std::span<const TokenId> tokens) {
  Sequence& held = m_sequences.at(sequence);
  if (tokens.empty()) return {};
  const std::size_t pages = pagesFor(held.tokens.size() + tokens.size());
  const bool copies = lastPageIsShared(held);
  if (pages - held.pages.size() + (copies ? 1 : 0) > m_free.size())
    return fail(ErrorKind::contextFull, "the cache holds ", capacity(), " tokens, of which ", freeCells(),
                " are free; no room for ", tokens.size(), " more after ", held.tokens.size());
  if (copies) TRY(ownLastPage(held));
  while (held.pages.size() < pages) held.pages.push_back(takePage());
  held.tokens.insert(held.tokens.end(), tokens.begin(), tokens.end());
  return {};
}

std::span<const std::int32_t> KvCache::pages(SequenceId sequence) const {
  return m_sequences.at(sequence).pages;
}

std::uint32_t KvCache::capacity() const { return static_cast<std::uint32_t>(m_holders.size()) * kPageCells; }

std::uint32_t KvCache::freeCells() const { return static_cast<std::uint32_t>(m_free.size()) * kPageCells; }

bool KvCache::lastPageIsShared(const Sequence& sequence) const {
  return sequence.tokens.size() % kPageCells != 0 && m_holders[sequence.pages.back()] > 1;
}

Result<void> KvCache::ownLastPage(Sequence& sequence) {
  if (!lastPageIsShared(sequence)) return {};
  if (m_free.empty())
    return fail(ErrorKind::contextFull, "the cache's ", capacity(),
                " tokens are all in use; a branch at token ", sequence.tokens.size(), " needs ", kPageCells,
                " more");
  const std::int32_t shared = sequence.pages.back();
  TRY(m_storage->copyPage(static_cast<std::uint32_t>(shared), static_cast<std::uint32_t>(m_free.back())));
  sequence.pages.back() = takePage();
  dropPage(shared);
  return {};
}

std::int32_t KvCache::takePage() {
  const std::int32_t page = m_free.back();
  m_free.pop_back();
  m_holders[page] = 1;
  return page;
}

void KvCache::dropPage(std::int32_t page) {
  if (--m_holders[page] == 0) m_free.push_back(page);
}

}  // namespace cutaway
