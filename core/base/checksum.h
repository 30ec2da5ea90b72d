// A running checksum of bytes, the same however they are cut: tells whether they are those that were written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace cutaway {

/// Against accidents, not against anybody who means harm.
class Checksum {
 public:
  void add(std::span<const std::byte> bytes) {
    m_count += bytes.size();
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), sizeof m_word - m_pending);
      std::memcpy(reinterpret_cast<std::byte*>(&m_word) + m_pending, bytes.data(), count);
      bytes = bytes.subspan(count);
      m_pending += count;
      if (m_pending < sizeof m_word) return;
      m_hash = mixed(m_hash, m_word);
      m_word = m_pending = 0;
    }
  }
  std::uint64_t value() const { return mixed(mixed(m_hash, m_word), m_count); }

 private:
  static std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;  // of the golden ratio: any odd number without pattern
    return hash ^ hash >> 32;
  }

  std::uint64_t m_hash = 0, m_word = 0, m_count = 0;
  std::size_t m_pending = 0;  ///< bytes of m_word
};

inline std::uint64_t checksumOf(std::span<const std::byte> bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.value();
}

}  // namespace cutaway
