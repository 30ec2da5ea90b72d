// From a pair of tokens to the merge that joins them.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "core/text/vocabulary.h"

namespace cutaway {

/// Open addressing with linear probing; at most half full.
class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = 0;
    TokenId id = -1;  ///< -1: no merge joins the pair
  };

  explicit MergeTable(std::size_t capacity) : m_slots(std::bit_ceil(2 * capacity + 2)) {}

  /// Keeps the first of equal pairs. At most `capacity` calls.
  void add(TokenId left, TokenId right, Merge merge) {
    Slot& slot = m_slots[place(keyOf(left, right))];
    if (slot.merge.id < 0) slot = {keyOf(left, right), merge};
  }

  Merge find(TokenId left, TokenId right) const { return m_slots[place(keyOf(left, right))].merge; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Merge merge;
  };

  static std::uint64_t keyOf(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
  }

  /// The key's slot, or the free one where it belongs.
  std::size_t place(std::uint64_t key) const {
    std::size_t slot = (key * 0x9E3779B97F4A7C15u >> 32) & (m_slots.size() - 1);
    while (m_slots[slot].merge.id >= 0 && m_slots[slot].key != key) slot = (slot + 1) & (m_slots.size() - 1);
    return slot;
  }

  std::vector<Slot> m_slots;
};

}  // namespace cutaway
