#include "gpu/ops/linear.h"

#include "gpu/op_table.h"

namespace cutaway::gpu {
namespace {

std::uint32_t blocksOf(std::uint32_t rows) { return (rows + kBlockRows - 1) / kBlockRows; }

/// Row blocks of one lane; an even number, as swiglu takes gate and up together, and rotation
/// both dimensions of a pair. A portable group that makes
/// one row takes as few as it can, so that there are many groups, unless the matrix has rows enough.
std::uint32_t laneBlocks(const ProgramBuilder& builder, const LinearCall& call) {
  const bool lanes8 = builder.context().kernels->lanes() == LaneClass::lanes8;
  if (!builder.one()) return 2;
  if (lanes8) return 4;
  constexpr std::uint32_t kManyRows = 16384;
  return call.swiglu || call.rope || call.matrix.rows >= kManyRows ? 2 : 1;
}

/// Lanes of a portable group that makes one row: 8 rows times slices of two groups of columns or more.
std::uint32_t portableLanes(const ProgramBuilder& builder, const LinearCall& call) {
  const std::uint32_t limit = builder.context().device->physical().limits().lanes / kBlockRows;
  std::uint32_t slices = 8;
  while (slices < 32 && slices * 2 <= limit && slices * 4 <= groupsOf(call.matrix.columns)) slices *= 2;
  return slices * kBlockRows;
}

LinearParams paramsFor(const ProgramBuilder& builder, const LinearCall& call, const MatrixSection& section) {
  const std::uint32_t outputs = call.swiglu ? call.matrix.rows / 2 : call.matrix.rows;
  LinearParams params{};
  if (call.bias) params.flags |= kLinearBias;
  if (call.residual) params.flags |= kLinearResidual;
  if (call.picked) params.flags |= kLinearPicked;
  if (call.swiglu) params.flags |= kLinearSwiglu;
  if (builder.part() == Part::tail) params.flags |= kLinearWanted;
  params.columns = call.matrix.columns;
  params.groups = groupsOf(call.matrix.columns);
  params.rowPieces = call.matrix.rowPieces;
  params.rowBlocks = blocksOf(section.rows);
  params.firstRow = section.firstRow;
  params.rows = outputs;
  params.gateBlocks = call.swiglu ? blocksOf(outputs) : 0;
  params.xStride = call.matrix.columns;
  params.outStride = call.outStride ? call.outStride : outputs;
  params.epsilon = call.epsilon;
  params.tapWord = call.taps ? call.tapWord : builder.tapWord();
  params.innerAt = call.innerAt;
  params.biasEnd = call.biasEnds[0];
  params.secondBiasEnd = call.biasEnds[1];
  return params;
}

/// What shaders/qkv.glsl needs.
void addCache(const ProgramBuilder& builder, const LinearCall& call, std::vector<Operand>& operands,
              std::vector<std::uint32_t>& constants) {
  if (!call.rope) {
    Operand unwritten = call.out;  // what is declared as written must be no other launch's to read
    unwritten.rowBytes = 0;
    operands.insert(operands.end(), {builder.nothing(), unwritten, unwritten});
    return;
  }
  const PlanContext& context = builder.context();
  const Graph& graph = context.graph;
  const RopeAttributes& rope = *call.rope;
  operands.push_back(builder.fixedRead(context.steps->angles(context.steps->ropeIndex(rope))));
  operands.push_back(builder.fixedWrite(context.cache->keys(call.layer)));
  operands.push_back(builder.fixedWrite(context.cache->values(call.layer)));
  for (const std::uint32_t constant :
       {1u, std::uint32_t{context.cache->shape().format == FormatId::f16}, graph.queryHeads,
        graph.keyValueHeads, graph.headWidth, static_cast<std::uint32_t>(rope.frequency.size()),
        std::uint32_t{rope.halves}})
    constants.push_back(constant);
}

Result<void> emitSection(ProgramBuilder& builder, const LinearCall& call, const MatrixSection& section) {
  const LinearParams params = paramsFor(builder, call, section);
  const bool lanes8 = builder.context().kernels->lanes() == LaneClass::lanes8;
  const std::uint32_t blocks = laneBlocks(builder, call);
  const std::uint32_t uneven = call.matrix.columns % kGroupColumns != 0;
  const std::uint32_t rowBlocks = call.swiglu ? params.gateBlocks * 2 : params.rowBlocks;
  std::vector<Operand> operands = {
      builder.fixedRead(builder.context().steps->records()),
      builder.weights(section.slice),
      call.x,
      call.out,
      call.bias ? builder.fixedRead(*call.bias) : builder.nothing(),
      call.residual ? *call.residual : builder.nothing(),
  };
  if (builder.one()) {
    operands.push_back(call.normWeight ? builder.fixedRead(*call.normWeight) : builder.nothing());
    operands.push_back(builder.tapWords());
    operands.push_back(call.taps ? *call.taps : call.out);
    std::vector<std::uint32_t> constants = {
        uneven, blocks, lanes8 ? kBlockRows : portableLanes(builder, call), call.normWeight.has_value()};
    addCache(builder, call, operands, constants);
    const Graph& graph = builder.context().graph;
    const std::uint32_t each = call.rope ? graph.headWidth / kBlockRows : rowBlocks;
    const std::uint32_t heads = call.rope ? section.rows / graph.headWidth : 1;
    return builder.launch(Kernel::linearOne, call.matrix.format, constants, std::move(operands), params,
                          {Extent::of((each + blocks - 1) / blocks), Extent::of(heads), {}});
  }
  const PlanContext& context = builder.context();
  if (context.kernels->usesMatrices() &&
      !kernelCode(Kernel::linearMatrix, call.matrix.format, LaneClass::portable).empty())
    return builder.launch(Kernel::linearMatrix, call.matrix.format,
                          matrixConstants(*context.device->physical().matrices(), uneven != 0),
                          std::move(operands), params,
                          {builder.rowExtent(1, kMatrixTile),
                           Extent::of((rowBlocks * kBlockRows + kMatrixTile - 1) / kMatrixTile),
                           {}});
  const std::uint32_t constants[] = {uneven, blocks};
  const std::uint32_t perGroup =
      lanes8 ? blocks : blocks * kBlockRows;  // portable groups have 8 rows of lanes
  return builder.launch(
      Kernel::linearMany, call.matrix.format, constants, std::move(operands), params,
      {builder.rowExtent(1, kTokenTile), Extent::of((rowBlocks + perGroup - 1) / perGroup), {}});
}

}  // namespace

std::vector<std::uint32_t> matrixConstants(const MatrixVariant& variant, bool uneven) {
  return {uneven, variant.m, variant.n, variant.k, kMatrixLanes / variant.subgroupSize};
}

bool canStoreInCache(const ProgramBuilder& builder, const MatrixView& matrix, const RopeAttributes& rope) {
  constexpr std::uint32_t kPairOfBlocks = 2 * kBlockRows;
  return builder.one() && matrix.sections.size() == 1 &&
         builder.context().graph.headWidth % kPairOfBlocks == 0 &&
         (!rope.halves || rope.frequency.size() % kBlockRows == 0);
}

Result<void> emitLinearCall(ProgramBuilder& builder, const LinearCall& call) {
  for (const MatrixSection& section : call.matrix.sections) TRY(emitSection(builder, call, section));
  return {};
}

Result<void> emitLinear(ProgramBuilder& builder, const Node& node) {
  const PlanContext& context = builder.context();
  LinearCall call{.matrix = context.tensor(node.weights[0]).matrix,
                  .x = builder.reads(node.inputs[0]),
                  .out = builder.writes(node.output)};
  if (node.weights[1] != kNone) call.bias = context.tensor(node.weights[1]).vector;
  if (node.output == context.graph.logits()) call.outStride = logitStride(context.graph.vocabulary);
  return emitLinearCall(builder, call);
}

}  // namespace cutaway::gpu
