// The loop that both tokenizer families share: join the best pair of neighbours until no pair can be joined.
#pragma once

#include <cstddef>
#include <queue>
#include <vector>

#include "core/text/vocabulary.h"

namespace cutaway {

/// A stretch of text, with its token if it has one. Symbols that were joined to their left neighbour are
/// skipped by following `next` from the first symbol, which always stays.
struct Symbol {
  std::size_t begin, end;
  TokenId id = -1;
  std::size_t previous = 0, next = 0;  ///< kNoSymbol at the ends
};

constexpr std::size_t kNoSymbol = static_cast<std::size_t>(-1);

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
    std::size_t left, middle,
        end;  ///< the symbol, and the text it and its neighbour had when they were compared
    TokenId id;
    bool operator<(const Candidate& other) const {
      return order > other.order || (order == other.order && left > other.left);
    }
  };
  std::priority_queue<Candidate> candidates;
  const auto consider = [&](std::size_t left) {
    if (left == kNoSymbol || symbols[left].next == kNoSymbol) return;
    const Symbol& a = symbols[left];
    const Symbol& b = symbols[a.next];
    if (const Join join = find(a, b); join.id >= 0)
      candidates.push({join.order, left, a.end, b.end, join.id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = i == 0 ? kNoSymbol : i - 1;
    symbols[i].next = i + 1 == symbols.size() ? kNoSymbol : i + 1;
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) consider(i);
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = symbols[best.left];
    if (left.end != best.middle || left.next == kNoSymbol || symbols[left.next].end != best.end) continue;
    Symbol& right = symbols[left.next];
    left.end = std::exchange(right.end, right.begin);  // an empty symbol matches no candidate
    left.id = best.id;
    left.next = right.next;
    if (left.next != kNoSymbol) symbols[left.next].previous = best.left;
    consider(left.previous);
    consider(best.left);
  }
}

}  // namespace cutaway
