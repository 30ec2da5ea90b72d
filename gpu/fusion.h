// Node sequences that become fewer launches than nodes: a table of patterns, matched by who reads what.
#pragma once

#include <map>

#include "gpu/ops/linear.h"

namespace cutaway::gpu {

/// Linears that read the same value, whose matrices can be read as one.
struct FusionPart {
  MatrixView matrix;  ///< its rows begin behind those of the parts before it; `rows` is where they end
  std::vector<const Node*> linears;
};

/// A match: `nodes` are indices into the graph; the anchor is the last of them, and the fused launches take
/// its place.
struct Fusion {
  const char* name = "";
  std::vector<std::size_t> nodes;
  Result<void> (*emit)(ProgramBuilder&, const Fusion&) = nullptr;
  const Node* norm = nullptr;  ///< folded in, or null
  const Node* pick = nullptr;  ///< pick_rows folded in, or null
  std::vector<const Node*> linears;
  std::vector<const Node*> headNorms;  ///< of q and k, or none
  std::vector<const Node*> ropes;      ///< of q and k
  const Node* anchor = nullptr;
  std::optional<MatrixView> matrix;  ///< the linears' matrices as one, or in parts
  std::vector<FusionPart> parts;
  std::optional<Slice> bias;  ///< their biases as one, and where those of one end
  std::array<std::uint32_t, 2> biasEnds = kOneBias;
};

/// What a program will be made of.
struct FusionPlan {
  std::map<std::size_t, Fusion> byAnchor;
  std::set<std::size_t> absorbed;  ///< nodes without launches of their own; anchors are not among them
  std::set<ValueId> swallowed;     ///< values that are never stored
};

/// Matches the table's patterns over the nodes of one part. Values in `kept`, and those the tail reads from
/// the body, are never swallowed.
FusionPlan planFusions(const PlanContext& context, Part part, RowClass rows, const std::set<ValueId>& kept);

/// Whether a node belongs to the body or to the tail.
Part partOf(const Graph& graph, const Node& node);

/// The kernels that a part launches. Of the context, nothing that needs memory is touched.
Result<std::vector<KernelVariant>> programVariants(PlanContext& context, Part part, RowClass rows);

/// All launches of a part, finished.
Result<std::shared_ptr<Program>> compileProgram(PlanContext& context, Part part, RowClass rows,
                                                const std::set<ValueId>& kept);

}  // namespace cutaway::gpu
