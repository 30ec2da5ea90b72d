#include "gpu/step_inputs.h"

#include <algorithm>
#include <cstring>

namespace cutaway::gpu {
namespace {

/// Whole quads, as kernels read them.
std::uint64_t inputBytes(const Graph& graph, ValueId value, std::uint32_t maxTokens) {
  return (std::uint64_t{maxTokens} * layoutOf(graph, value).rowElements() + 3) / 4 * 16;
}

}  // namespace

std::uint64_t StepInputs::bytes(const Graph& graph, std::uint32_t maxTokens) {
  std::uint64_t bytes = 0;
  for (const Node& node : graph.nodes)
    if (node.op == Op::input) bytes += inputBytes(graph, node.output, maxTokens) * (1 + kSlots);
  return bytes;
}

Result<StepInputs> StepInputs::create(const std::shared_ptr<const Device>& device, const Graph& graph,
                                      std::uint32_t maxTokens) {
  StepInputs inputs;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::input) continue;
    Item item{.value = node.output};
    const std::uint64_t size = inputBytes(graph, node.output, maxTokens);
    const auto make = [&](MemoryUse use) { return allocateSlice(device, use, size, "the inputs of a step"); };
    item.device = TRY(make(MemoryUse::device));
    for (Slice& upload : item.upload) upload = TRY(make(MemoryUse::upload));
    inputs.m_items.push_back(std::move(item));
  }
  return inputs;
}

const Slice& StepInputs::rows(ValueId value) const {
  return std::ranges::find(m_items, value, &Item::value)->device;
}

void StepInputs::write(std::uint32_t slot, const Step& step) {
  for (std::size_t i = 0; i < m_items.size(); ++i) {
    m_items[i].written[slot] = step.inputs[i].rows.size_bytes();
    std::memcpy(m_items[i].upload[slot].mapped(), step.inputs[i].rows.data(), m_items[i].written[slot]);
  }
}

void StepInputs::recordCopies(std::uint32_t slot, CommandBuffer& commands) const {
  for (const Item& item : m_items) commands.copy(item.upload[slot], item.device, item.written[slot]);
}

}  // namespace cutaway::gpu
