// What the patterns of fusion.cpp share: who reads what, names, and what is folded into a linear's launch.
#pragma once

#include "gpu/fusion.h"

namespace cutaway::gpu {

class Matcher {
 public:
  Matcher(const PlanContext& context, Part part, RowClass rows, const std::set<ValueId>& kept,
          FusionPlan& plan);

  const PlanContext& context() const { return m_context; }
  const Graph& graph() const { return m_context.graph; }
  bool one() const { return m_rows == RowClass::one; }
  bool tail() const { return m_part == Part::tail; }
  std::size_t indexOf(const Node& node) const {
    return static_cast<std::size_t>(&node - graph().nodes.data());
  }

  /// The node that makes `value`, if it does this op, is still free, and its value is read `uses` times and
  /// need not be stored.
  const Node* swallowable(ValueId value, Op op, std::uint32_t uses = 1) const;

  /// The norm over whole rows that makes x for all `readers`, where it can be folded into them.
  const Node* foldableNorm(ValueId x, std::size_t readers) const;

  /// The linears' matrices as one, and their biases: all of them have one, or none.
  bool joinLinears(Fusion& fusion) const;
  /// The same in as few parts as their formats allow.
  bool joinParts(Fusion& fusion) const;

 private:
  bool joinBiases(Fusion& fusion) const;
  const PlanContext& m_context;
  Part m_part;
  RowClass m_rows;
  const std::set<ValueId>& m_kept;
  FusionPlan& m_plan;
  std::vector<std::uint32_t> m_uses;
};

/// "blk.3.attn.q" is "attn.q".
std::string kindOf(const Graph& graph, const Node& node);
std::string kindOf(const Graph& graph, const Node* norm, std::vector<const Node*> nodes);
/// Everything a fusion makes.
std::string kindOf(const Graph& graph, const Fusion& fusion);

float epsilonOf(const Node& norm);
/// What the first node of the fusion reads.
ValueId inputOf(const Fusion& fusion);
void foldNorm(ProgramBuilder& builder, const Fusion& fusion, LinearCall& call);
/// Launches of one row hold what they do not store: room for it, and the word that asks for it.
void foldTaps(ProgramBuilder& builder, const Node* norm, std::span<const Node* const> inner, const Node* word,
              LinearCall& call);

/// Projections, norms of heads, rotation and attention (fusion_attention.cpp).
bool matchAttention(const Matcher& m, const Node& attention, Fusion& fusion);
Result<void> emitFusedAttention(ProgramBuilder& builder, const Fusion& fusion);

}  // namespace cutaway::gpu
