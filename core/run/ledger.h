// One account per device of every byte allocated there, by class: it answers "does this plan fit?".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/result.h"

namespace cutaway {

enum class MemoryClass : std::uint8_t { weights, cache, scratch, capture, archive };
inline constexpr std::size_t kMemoryClassCount = 5;
const char* memoryClassName(MemoryClass memoryClass);

class Ledger;

/// Bytes held on a ledger; given back when destroyed. The ledger must outlive it.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept { swap(other); }
  Reservation& operator=(Reservation&& other) noexcept {
    Reservation(std::move(other)).swap(*this);
    return *this;
  }
  ~Reservation();
  std::uint64_t bytes() const { return m_bytes; }

 private:
  friend class Ledger;
  Reservation(Ledger* ledger, MemoryClass memoryClass, std::uint64_t bytes)
      : m_ledger(ledger), m_class(memoryClass), m_bytes(bytes) {}
  void swap(Reservation& other) noexcept {
    std::swap(m_ledger, other.m_ledger);
    std::swap(m_class, other.m_class);
    std::swap(m_bytes, other.m_bytes);
  }
  Ledger* m_ledger = nullptr;
  MemoryClass m_class = MemoryClass::weights;
  std::uint64_t m_bytes = 0;
};

/// Thread-safe.
class Ledger {
 public:
  /// `available` says how many bytes may be allocated now beyond what this ledger holds, from
  /// VK_EXT_memory_budget, the heap's size, or the host's free memory. It may ask this ledger what is used().
  Ledger(std::string device, std::function<std::uint64_t()> available);

  /// Fails with outOfMemory and a sentence naming `what`, the bytes asked for and the bytes left.
  Result<Reservation> reserve(MemoryClass memoryClass, std::uint64_t bytes, std::string_view what);

  bool fits(std::uint64_t bytes) const { return bytes <= available(); }
  std::uint64_t available() const { return m_available(); }
  std::uint64_t used(MemoryClass memoryClass) const;
  std::uint64_t used() const;
  const std::string& device() const { return m_device; }

 private:
  friend class Reservation;
  void release(MemoryClass memoryClass, std::uint64_t bytes);

  std::string m_device;
  std::function<std::uint64_t()> m_available;
  mutable std::recursive_mutex m_mutex;  ///< recursive, because m_available may call used()
  std::array<std::uint64_t, kMemoryClassCount> m_used{};
};

/// MemAvailable of /proc/meminfo, in bytes; what software devices and the CPU may use.
std::uint64_t freeHostMemory();

std::string formatBytes(std::uint64_t bytes);  ///< "1.5 GiB"

}  // namespace cutaway
