// A captured value while it grows from step to step: tokens joined, patterns padded.
#pragma once

#include "core/format/safetensors.h"
#include "core/graph/selection.h"
#include "core/run/backend.h"

namespace cutaway {

/// Shape (tokens, columns), (tokens, heads, columns), or (heads, tokens, keys) for scores and patterns, where
/// a token's row is padded behind its own position: with 0, scores with -inf. Dimensions are what was
/// selected.
struct CapturedValue {
  std::string name;
  ArrayType type = ArrayType::f32;  ///< or f16
  std::vector<std::uint64_t> shape;
  std::vector<std::byte> bytes;
  std::uint64_t overflowed = 0;  ///< finite numbers that became infinite in F16
};

/// Bytes of a selection over a sequence of so many tokens.
std::uint64_t selectionBytes(const Graph& graph, const ValueSelection& selection, ArrayType type,
                             std::uint32_t tokens);

/// All of one selection.
class ValueStore {
 public:
  /// Takes its memory at once, for at most so many tokens.
  ValueStore(const Graph& graph, ValueSelection selection, ArrayType type, std::uint32_t mostTokens);

  /// What a step over `count` tokens from position `first` on has to tap. Where the value has a row per
  /// wanted token, all tokens of the step must be wanted.
  std::vector<Tap> taps(std::uint32_t first, std::uint32_t count) const;
  /// The captures of these taps, in order.
  void store(std::uint32_t first, std::span<const Tap> taps, std::span<const Capture> captures);
  /// What was stored of a sequence of so many tokens. The store is empty afterwards.
  CapturedValue take(std::uint32_t tokens);

 private:
  std::uint64_t place(std::uint32_t token, std::uint32_t head) const;
  void put(std::uint64_t at, std::span<const float> values);
  void shrinkRows(std::uint64_t tokens, std::uint64_t columns);

  const Graph* m_graph;
  ValueSelection m_selection;
  ValueLayout m_layout;
  std::uint64_t m_tokens, m_heads, m_columns;  ///< that memory is there for
  CapturedValue m_value;
};

}  // namespace cutaway
