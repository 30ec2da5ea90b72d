// Compiles a graph's body or tail to launches: op emitters and fusions call it, then it places the values.
#pragma once

#include <cstring>
#include <map>
#include <optional>

#include "gpu/cache.h"
#include "gpu/kernels.h"
#include "gpu/program.h"
#include "gpu/step_buffers.h"
#include "gpu/step_inputs.h"
#include "gpu/tensors.h"

namespace cutaway::gpu {

/// What all programs of a plan share.
struct PlanContext {
  std::shared_ptr<const Device> device;
  std::shared_ptr<KernelLibrary> kernels;
  Graph graph;
  WeightTable weights;  ///< all of them GpuTensor
  std::shared_ptr<GpuCache> cache;
  std::uint32_t maxTokens = 0;
  std::optional<StepBuffers> steps;
  std::optional<StepInputs> inputs;
  std::map<ValueId, Slice> crossing;  ///< values that the tail reads from the body: fixed memory
  Slice results;                      ///< (maxTokens, kResultWords)
  Slice nothing;                      ///< bound where a kernel's operand is not used
  Slice attentionParts, attentionArrivals;
  Slice tapScores;                    ///< attention scores that views ask for, of steps of one token
  std::uint32_t attentionSplits = 1;  ///< the most parts a split attention may have
  std::uint32_t tileTokens = 1;       ///< tokens of an attention tile in RowClass::many

  const GpuTensor& tensor(WeightId id) const { return static_cast<const GpuTensor&>(*weights[id]); }
  const Value& value(ValueId id) const { return graph.values[id]; }
  /// Elements of one row of a value.
  std::uint32_t rowElements(ValueId id) const;
};

/// Rows of logits that lie one behind the other begin at whole blocks.
inline std::uint32_t logitStride(std::uint32_t vocabulary) {
  return (vocabulary + kLogitBlock - 1) / kLogitBlock * kLogitBlock;
}

class ProgramBuilder {
 public:
  ProgramBuilder(PlanContext& context, Part part, RowClass rows);

  PlanContext& context() { return m_context; }
  const PlanContext& context() const { return m_context; }
  Part part() const { return m_program->part; }
  RowClass rows() const { return m_rows; }
  bool one() const { return m_rows == RowClass::one; }
  /// Rows that buffers have room for, and the launch size that goes with them.
  std::uint32_t rowCapacity() const;
  Extent rowExtent(std::uint32_t times = 1, std::uint32_t by = 1) const;

  Operand reads(ValueId value);
  Operand writes(ValueId value);
  Operand scratchRead(Arena::Id id) const;  ///< rowCapacity() rows, as are the next two
  Operand scratchWrite(Arena::Id id) const;
  Operand scratchUpdate(Arena::Id id) const;
  Arena::Id scratch(std::uint64_t bytes) { return m_arena.add(bytes); }
  /// Scratch memory of one row holds this value from its float `first` on, always or where a bit asks for it.
  void holds(ValueId value, Arena::Id id, std::uint64_t first, std::uint32_t tapWord = 0,
             std::uint32_t tapBit = 0);
  /// A value of the tail that is the row of the first wanted token of a value of the body.
  void holdsPicked(ValueId value, ValueId of);
  Operand tapWords() const { return fixedRead(m_context.steps->tapWords()); }
  /// The tap word of a node; without one, the word that is always 0.
  std::uint32_t tapWord(const Node* node = nullptr) const {
    return static_cast<std::uint32_t>(node ? node - m_context.graph.nodes.data()
                                           : std::ssize(m_context.graph.nodes));
  }
  /// Weights that a launch reads whole.
  static Operand weights(const Slice& slice) { return {Operand::kFixed, slice, true, false, slice.size}; }
  static Operand fixedRead(Slice slice) { return {Operand::kFixed, std::move(slice), true, false}; }
  static Operand fixedWrite(Slice slice) { return {Operand::kFixed, std::move(slice), false, true}; }
  static Operand fixedUpdate(Slice slice) { return {Operand::kFixed, std::move(slice), true, true}; }
  Operand nothing() const { return {Operand::kFixed, m_context.nothing, false, false}; }

  template <class Params>
  Result<void> launch(Kernel kernel, FormatId format, std::span<const std::uint32_t> constants,
                      std::vector<Operand> operands, const Params& params, const Grid& grid) {
    static_assert(sizeof(Params) <= sizeof(PushData::words) && sizeof(Params) % 4 == 0);
    PushData push;
    push.bytes = sizeof(Params);
    std::memcpy(push.words.data(), &params, sizeof(Params));
    return add(kernel, format, constants, std::move(operands), push, grid);
  }
  void setLayer(std::int32_t layer) { m_layer = layer; }
  /// What the launches from here on make; for measurements.
  void setKind(std::string kind) { m_kind = std::move(kind); }

  const std::vector<KernelVariant>& variants() const { return m_variants; }  ///< of the launches so far
  Result<std::unique_ptr<Program>> finish(std::set<ValueId> swallowed);

 private:
  Result<void> add(Kernel kernel, FormatId format, std::span<const std::uint32_t> constants,
                   std::vector<Operand> operands, const PushData& push, const Grid& grid);
  Result<void> makePipelines();
  void markBarriers();
  Result<void> bindSets();
  Result<void> fixGrids();

  PlanContext& m_context;
  RowClass m_rows;
  std::unique_ptr<Program> m_program = std::make_unique<Program>();
  Arena m_arena;
  std::map<ValueId, Arena::Id> m_homes;
  std::int32_t m_layer = kNone;
  std::string m_kind;
  std::vector<KernelVariant> m_variants;  ///< per launch
};

}  // namespace cutaway::gpu
