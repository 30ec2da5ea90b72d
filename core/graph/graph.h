// A forward pass as data: ops over named values. Families build it, backends compile it, views tap it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/graph/ops.h"

namespace cutaway {

using ValueId = std::int32_t;   ///< index into Graph::values
using WeightId = std::int32_t;  ///< index into Graph::weights
inline constexpr std::int32_t kNone = -1;

/// A size: fixed, or one that changes from step to step. T tokens of the step, N cached + T, R tokens of the step
/// whose logits are wanted.
struct Dim {
  enum class Symbol : std::uint8_t { fixed, T, N, R };
  Symbol symbol = Symbol::fixed;
  std::uint32_t size = 0;  ///< of a fixed dimension

  static Dim tokens() { return {Symbol::T, 0}; }
  static Dim context() { return {Symbol::N, 0}; }
  static Dim wanted() { return {Symbol::R, 0}; }
  static Dim of(std::uint32_t size) { return {Symbol::fixed, size}; }
  bool operator==(const Dim&) const = default;
};
using Shape = std::vector<Dim>;  ///< outermost first, row-major, contiguous

std::string toString(const Shape& shape);  ///< "(T, 8, 32)"

/// Something computed in a step; its name is the same in code, command line, window and files.
struct Value {
  std::string name;  ///< "blk.3.attn.q"
  Shape shape;
  std::int32_t node = kNone;  ///< the node that computes it
  /// True for what a node could give but never stores on its own: attention's scores and pattern.
  bool onDemand = false;
};

/// A tensor of the model file that the graph reads, with the shape it must have (outermost first).
struct Weight {
  std::string name;  ///< "blk.3.attn_q.weight"
  std::vector<std::uint64_t> shape;
  bool isMatrix = false;  ///< read by linear
  bool isTable = false;   ///< read by embed; a tied matrix is both
};

struct NormAttributes {
  float epsilon = 1e-5f;
};

/// Rotary embedding (Su et al. 2021). Every scaling method (linear, llama3, yarn) ends in one frequency per pair
/// and one factor for the rotated vector, so that backends know a single op.
struct RopeAttributes {
  bool halves = false;           ///< pairs (j, j + n/2) as in NeoX; false: (2j, 2j + 1)
  std::vector<float> frequency;  ///< radians per position, one per rotated pair; dimensions beyond stay as they are
  float magnitude = 1.0f;        ///< yarn's attention factor, times cos and sin
};

struct AttentionAttributes {
  std::uint32_t layer = 0;  ///< of the key-value cache
  float scale = 1.0f;       ///< of query . key
};

struct RoundAttributes {
  float largest = 0;  ///< what the last level stands for; 0: the largest |x| of each row
};

using Attributes = std::variant<std::monostate, NormAttributes, RopeAttributes, AttentionAttributes, RoundAttributes>;

struct Node {
  Op op = Op::embed;
  std::vector<ValueId> inputs;
  std::vector<WeightId> weights;  ///< kNone where an optional one (a bias) is absent
  ValueId output = kNone;
  std::int32_t layer = kNone;  ///< kNone before the first and after the last layer
  Attributes attributes;
};

/// Nodes in an order in which each reads only what earlier ones computed.
struct Graph {
  std::vector<Value> values;
  std::vector<Weight> weights;
  std::vector<Node> nodes;
  std::uint32_t layers = 0;
  std::uint32_t queryHeads = 0, keyValueHeads = 0, headWidth = 0;  ///< of the attention, for the cache
  std::uint32_t width = 0, vocabulary = 0;

  ValueId find(std::string_view name) const;  ///< kNone when there is no such value
  ValueId logits() const { return find("logits"); }
};

/// Whether the op looks back at the cache, so that scores and pattern may come with it.
constexpr bool isAttention(Op op) {
  return op == Op::attention || op == Op::attendCached || op == Op::lookCached;
}

/// Checks what the builder cannot: order, shapes, operand counts against the op table. For graphs made by hand.
Result<void> validate(const Graph& graph);

/// One line per value: name, shape, op and what it reads. What `cutaway-cli graph` prints.
std::string toString(const Graph& graph);

}  // namespace cutaway
