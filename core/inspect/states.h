// How the residual stream grows through the layers, token by token: norms, changes, directions, and the states themselves.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/inspect/replay.h"

namespace cutaway {

enum class StateMeasure : std::uint8_t { norm, attention, feedForward, previousCosine, lastCosine };
inline constexpr std::size_t kStateMeasureCount = 5;

struct StateMeasureInfo {
  StateMeasure measure;
  const char* name;     ///< "attention"; in files and on the command line
  const char* meaning;  ///< "length of what attention adds"
  bool isCosine;        ///< -1 to 1; the others are lengths
};
std::span<const StateMeasureInfo> stateMeasures();  ///< in the order of StateMeasure

/// The residual stream has 1 + L rows per token: the embedding, then what each layer leaves (`resid_post`). A change has
/// none in row 0, nor has the cosine to the row before: NaN stands there.
class HiddenStates : public Inquiry {
 public:
  struct Options {
    /// Bytes of the states that are kept, as F32; where all would take more, those of every n-th token are kept, and of
    /// the last one.
    std::uint64_t memory = std::uint64_t{256} << 20;
  };
  /// Fails when there are no tokens, or the graph has no residual stream of this kind.
  static Result<std::unique_ptr<HiddenStates>> create(const Graph& graph, std::vector<TokenId> tokens,
                                                      const Options& options);
  static Result<std::unique_ptr<HiddenStates>> create(const Graph& graph, std::vector<TokenId> tokens) {
    return create(graph, std::move(tokens), Options());
  }

  double expectedSeconds(const Session& session) const override { return m_replay.expectedSeconds(session); }
  Result<bool> step(Session& session) override;
  double progress() const override { return m_replay.progress(); }

  const std::vector<TokenId>& tokens() const { return m_replay.tokens(); }
  std::uint32_t rows() const { return m_rows; }  ///< 1 + L
  std::uint32_t width() const { return m_width; }
  /// (rows, tokens)
  std::span<const float> values(StateMeasure measure) const { return m_values[static_cast<std::size_t>(measure)]; }
  float at(StateMeasure measure, std::uint32_t row, std::size_t token) const {
    return values(measure)[row * tokens().size() + token];
  }

  const std::vector<std::uint32_t>& keptTokens() const { return m_kept; }  ///< ascending
  /// (kept tokens, rows, width)
  std::span<const float> states() const { return m_states; }
  std::span<const float> state(std::size_t kept, std::uint32_t row) const {
    return std::span(m_states).subspan((kept * m_rows + row) * m_width, m_width);
  }

 private:
  HiddenStates(const Graph& graph, std::vector<TokenId> tokens, std::span<const ValueId> values, std::size_t stride);
  void take(const Replay::Piece& piece, std::size_t index);
  void measure(std::size_t token);
  bool keeps(std::size_t token) const { return token % m_stride == 0 || token + 1 == tokens().size(); }
  float& cell(StateMeasure measure, std::uint32_t row, std::size_t token) {
    return m_values[static_cast<std::size_t>(measure)][row * tokens().size() + token];
  }

  Replay m_replay;
  std::uint32_t m_rows, m_width;
  std::size_t m_stride;
  std::vector<float> m_values[kStateMeasureCount];
  std::vector<float> m_stream;  ///< (rows, width) of the token at hand
  std::vector<std::uint32_t> m_kept;
  std::vector<float> m_states;
};

}  // namespace cutaway
