#include "core/run/ledger.h"

#include <cstdio>
#include <fstream>
#include <numeric>
#include <utility>

namespace cutaway {

const char* memoryClassName(MemoryClass memoryClass) {
  static constexpr std::array<const char*, kMemoryClassCount> kNames = {"weights", "cache", "scratch",
                                                                        "capture", "archive"};
  return kNames[static_cast<std::size_t>(memoryClass)];
}

Reservation::~Reservation() {
  if (m_ledger != nullptr) m_ledger->release(m_class, m_bytes);
}

Ledger::Ledger(std::string device, std::function<std::uint64_t()> available)
    : m_device(std::move(device)), m_available(std::move(available)) {}

Result<Reservation> Ledger::reserve(MemoryClass memoryClass, std::uint64_t bytes, std::string_view what) {
  const std::lock_guard lock(m_mutex);
  const std::uint64_t left = m_available();
  if (bytes > left)
    return fail(ErrorKind::outOfMemory, what, " need ", formatBytes(bytes), ", but ", m_device, " has only ",
                formatBytes(left), " free");
  m_used[static_cast<std::size_t>(memoryClass)] += bytes;
  return Reservation(this, memoryClass, bytes);
}

std::uint64_t Ledger::used(MemoryClass memoryClass) const {
  const std::lock_guard lock(m_mutex);
  return m_used[static_cast<std::size_t>(memoryClass)];
}

std::uint64_t Ledger::used() const {
  const std::lock_guard lock(m_mutex);
  return std::accumulate(m_used.begin(), m_used.end(), std::uint64_t{0});
}

void Ledger::release(MemoryClass memoryClass, std::uint64_t bytes) {
  const std::lock_guard lock(m_mutex);
  m_used[static_cast<std::size_t>(memoryClass)] -= bytes;
}

std::uint64_t freeHostMemory() {
  std::ifstream in("/proc/meminfo");
  std::string key;
  for (std::uint64_t kibibytes = 0; in >> key;) {
    if (key == "MemAvailable:" && in >> kibibytes) return kibibytes * 1024;
    std::string rest;
    std::getline(in, rest);
  }
  return 0;
}

std::string formatBytes(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return concat(bytes, " bytes");
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 and above would print as 1024.0.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace cutaway
