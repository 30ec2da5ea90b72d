// Writes host data to device memory: straight to it where it is mapped, else through two staging buffers.
#pragma once

#include <functional>
#include <optional>

#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {

class Staging {
 public:
  /// `always`: stage even where memory is mapped.
  static Result<Staging> create(std::shared_ptr<const Device> device, std::shared_ptr<Timeline> timeline,
                                bool always);
  Staging(Staging&&) = default;
  ~Staging();

  /// `fill` writes slice.size bytes to where it is told.
  Result<void> write(const Slice& slice, const std::function<void(std::byte* out)>& fill);
  /// The same through a kernel: `fill` writes so many bytes to a staging buffer, and `record` records the
  /// launches that turn them into what is to be on the device. What it returns is kept until they are done.
  Result<void> transform(
      std::uint64_t bytes, const std::function<void(std::byte*)>& fill,
      const std::function<Result<std::shared_ptr<void>>(const Slice& source, CommandBuffer&)>& record);
  /// Waits for the last copies.
  Result<void> finish();

 private:
  struct Buffer {
    Slice slice;
    std::optional<CommandBuffer> commands;
    std::uint64_t number = 0;  ///< of the submission that reads it; 0: none
    std::shared_ptr<void> kept;
  };
  Staging() = default;

  std::shared_ptr<const Device> m_device;
  std::shared_ptr<Timeline> m_timeline;
  std::shared_ptr<CommandPool> m_pool;
  bool m_always = false;
  Buffer m_buffers[2];
  std::size_t m_next = 0;
};

}  // namespace cutaway::gpu
