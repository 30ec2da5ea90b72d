#include "gpu/arena.h"

#include <algorithm>
#include <numeric>

namespace cutaway::gpu {

Arena::Id Arena::add(std::uint64_t bytes) {
  m_values.push_back({.bytes = bytes});
  return static_cast<Id>(m_values.size() - 1);
}

void Arena::use(Id id, std::uint32_t launch) {
  Value& value = m_values[id];
  value.first = std::min(value.first, launch);
  value.last = std::max(value.last, launch);
}

std::uint64_t Arena::place(std::uint64_t alignment) {
  std::vector<Id> order(m_values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](Id a, Id b) { return m_values[a].bytes > m_values[b].bytes; });
  std::vector<Id> placed;
  std::uint64_t end = 0;
  for (const Id id : order) {
    Value& value = m_values[id];
    if (value.first == UINT32_MAX) continue;
    value.offset = lowestFree(value, placed, alignment);
    end = std::max(end, value.offset + value.bytes);
    placed.push_back(id);
  }
  return end;
}

std::uint64_t Arena::placeApart(std::uint64_t alignment) {
  std::uint64_t end = 0;
  for (Value& value : m_values) {
    if (value.first == UINT32_MAX) continue;
    value.offset = (end + alignment - 1) / alignment * alignment;
    end = value.offset + value.bytes;
  }
  return end;
}

std::uint64_t Arena::lowestFree(const Value& value, const std::vector<Id>& placed,
                                std::uint64_t alignment) const {
  std::vector<const Value*> rivals;
  for (const Id id : placed)
    if (m_values[id].first <= value.last && value.first <= m_values[id].last) rivals.push_back(&m_values[id]);
  std::ranges::sort(rivals, {}, &Value::offset);
  std::uint64_t at = 0;
  for (const Value* rival : rivals) {
    if (at + value.bytes <= rival->offset) break;
    at = std::max(at, (rival->offset + rival->bytes + alignment - 1) / alignment * alignment);
  }
  return at;
}

}  // namespace cutaway::gpu
