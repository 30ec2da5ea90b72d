// The loop that both tokenizer families share: join the best pair of neighbours until no pair can be joined.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/text/vocabulary.h"

namespace cutaway {

/// A stretch of text, with its token if it has one. Symbols that were joined to their left neighbour are
/// skipped by following `next` from the first symbol, which always stays. Small, because a word may be as
/// long as the text; a word is shorter than 4 GiB.
struct Symbol {
  std::uint32_t begin, end;
  TokenId id = -1;
  std::uint32_t previous = 0, next = 0;  ///< kNoSymbol at the ends
};

constexpr std::uint32_t kNoSymbol = 0xFFFFFFFF;

inline Symbol symbolAt(std::size_t begin, std::size_t end, TokenId id = -1) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), id};
}

/// What a pair would become; the pair with the smallest order is joined first, the leftmost of equal ones.
struct Join {
  double order = 0;
  TokenId id = -1;  ///< -1: these two cannot be joined
};

/// Sets previous and next. For n symbols, O(n log n) calls of `find(left, right) -> Join`.
template <class Find>
void joinSymbols(std::vector<Symbol>& symbols, Find find) {
  struct Candidate {
    double order;
    std::uint32_t left;         ///< the symbol
    std::uint32_t middle, end;  ///< where it and its neighbour ended when they were compared
    TokenId id;
    bool operator<(const Candidate& other) const {
      return order > other.order || (order == other.order && left > other.left);
    }
  };
  std::vector<Candidate> heap;
  const auto consider = [&](std::uint32_t left) {
    if (left == kNoSymbol || symbols[left].next == kNoSymbol) return false;
    const Symbol& a = symbols[left];
    const Symbol& b = symbols[a.next];
    const Join join = find(a, b);
    if (join.id >= 0) heap.push_back({join.order, left, a.end, b.end, join.id});
    return join.id >= 0;
  };
  const auto count = static_cast<std::uint32_t>(symbols.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    symbols[i].previous = i == 0 ? kNoSymbol : i - 1;
    symbols[i].next = i + 1 == count ? kNoSymbol : i + 1;
  }
  for (std::uint32_t i = 0; i < count; ++i) consider(i);
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Candidate best = heap.back();
    heap.pop_back();
    Symbol& left = symbols[best.left];
    if (left.end != best.middle || left.next == kNoSymbol || symbols[left.next].end != best.end) continue;
    Symbol& right = symbols[left.next];
    left.end = std::exchange(right.end, right.begin);  // an empty symbol matches no candidate
    left.id = best.id;
    left.next = right.next;
    if (left.next != kNoSymbol) symbols[left.next].previous = best.left;
    for (const std::uint32_t changed : {left.previous, best.left})
      if (consider(changed)) std::push_heap(heap.begin(), heap.end());
  }
}

}  // namespace cutaway
