// Bytes of a tensor that no file holds as they are: rows in another order, codes unpacked, weights at a simulated precision.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace cutaway {

/// Made when they are first asked for, by any thread, and again when they are asked for after everybody let go of them:
/// a device that has copied them frees the host's memory.
class MadeBytes {
 public:
  using Bytes = std::vector<std::byte>;
  /// `make` gives the same bytes every time and cannot fail: what it reads was checked before. It holds what it reads.
  explicit MadeBytes(std::function<Bytes()> make) : m_make(std::move(make)) {}

  std::shared_ptr<const Bytes> get() const {
    const std::lock_guard lock(m_mutex);
    std::shared_ptr<const Bytes> bytes = m_held.lock();
    if (bytes == nullptr) m_held = bytes = std::make_shared<const Bytes>(m_make());
    return bytes;
  }

 private:
  std::function<Bytes()> m_make;
  mutable std::mutex m_mutex;
  mutable std::weak_ptr<const Bytes> m_held;
};

}  // namespace cutaway
