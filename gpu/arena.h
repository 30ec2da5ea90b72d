// Where a program's values live: each has its bytes and its first and last launch; values that never live at
// the same time may share memory.
#pragma once

#include <cstdint>
#include <vector>

namespace cutaway::gpu {

class Arena {
 public:
  using Id = std::uint32_t;

  Id add(std::uint64_t bytes);
  /// The value is read or written by this launch. Launches come in ascending order.
  void use(Id id, std::uint32_t launch);

  /// Gives every value its offset, a multiple of `alignment`: largest first, each at the lowest place that is
  /// free while it lives. Returns the bytes of the whole.
  std::uint64_t place(std::uint64_t alignment);

  /// The same, with no memory shared: every value is there until the last launch is done.
  std::uint64_t placeApart(std::uint64_t alignment);

  std::uint64_t bytes(Id id) const { return m_values[id].bytes; }
  std::uint64_t offset(Id id) const { return m_values[id].offset; }

 private:
  struct Value {
    std::uint64_t bytes = 0, offset = 0;
    std::uint32_t first = UINT32_MAX, last = 0;
  };
  std::uint64_t lowestFree(const Value& value, const std::vector<Id>& placed, std::uint64_t alignment) const;

  std::vector<Value> m_values;
};

}  // namespace cutaway::gpu
