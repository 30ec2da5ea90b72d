// What a step gives to the input nodes of a slice, on its way to the device.
#pragma once

#include <array>
#include <vector>

#include "core/run/backend.h"
#include "gpu/step_buffers.h"
#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {

class StepInputs {
 public:
  static std::uint64_t bytes(const Graph& graph, std::uint32_t maxTokens);  ///< both slots included
  static Result<StepInputs> create(const std::shared_ptr<const Device>& device, const Graph& graph,
                                   std::uint32_t maxTokens);

  const Slice& rows(ValueId value) const;  ///< of an input node's value, for the launches
  /// Writes a checked step to a slot.
  void write(std::uint32_t slot, const Step& step);
  /// Records the copies of what was written last to the slot.
  void recordCopies(std::uint32_t slot, CommandBuffer& commands) const;

 private:
  struct Item {
    ValueId value = kNone;
    Slice device;
    std::array<Slice, kSlots> upload;
    std::array<std::uint64_t, kSlots> written{};  ///< bytes
  };
  std::vector<Item> m_items;
};

}  // namespace cutaway::gpu
