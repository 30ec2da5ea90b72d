// The logit lens (nostalgebraist 2020): what the model would say if it stopped after a layer, for every layer and token.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/inspect/replay.h"

namespace cutaway {

/// What the final norm and the output projection make of one residual stream.
struct LensCell {
  static constexpr std::size_t kTop = 5;
  std::array<TokenId, kTop> top{};            ///< most likely first; -1 beyond a smaller vocabulary
  std::array<float, kTop> probability{};      ///< theirs
  float entropy = 0;                          ///< nats
  float divergence = 0;                       ///< KL(last layer || this one), nats
  std::uint32_t rank = 0;                     ///< here, from 1, of the token that the last layer holds most likely
  float finalProbability = 0;                 ///< and its probability here
};

/// What is said by one residual stream, beside the last layer's log-probabilities (V).
LensCell lensCell(const LogitRow& row, std::span<const float> final);
std::vector<float> logProbabilities(const LogitRow& row);  ///< (V)
/// The first row of a column from which on the last one's token stays the most likely one.
std::uint32_t decidedRow(std::span<const LensCell> column);
/// The values that are a column's rows: the embedding, then what each layer leaves. Fails where the graph has no such.
Result<std::vector<ValueId>> lensValues(const Graph& graph);
/// From what the last layer leaves to the logits.
Result<std::unique_ptr<Probe>> compileLens(Session& session, std::uint32_t mostTokens);

/// Rows are the embedding, then what each layer leaves (`resid_post`): 1 + L. What is said at a token is about the next one.
class LogitLens : public Inquiry {
 public:
  /// Of the tokens from `first` on. Fails when there are none, or the graph has no residual stream of this kind.
  static Result<std::unique_ptr<LogitLens>> create(const Model& model, std::vector<TokenId> tokens, std::uint32_t first = 0);

  double expectedSeconds(const Session& session) const override { return m_replay.expectedSeconds(session); }
  Result<bool> step(Session& session) override;
  double progress() const override;

  const std::vector<TokenId>& tokens() const { return m_replay.tokens(); }
  std::uint32_t first() const { return m_first; }  ///< token of the first column
  std::uint32_t columns() const { return static_cast<std::uint32_t>(tokens().size()) - m_first; }
  std::uint32_t rows() const { return m_rows; }
  const LensCell& at(std::uint32_t row, std::uint32_t column) const { return m_cells[std::size_t{column} * m_rows + row]; }
  std::span<const LensCell> column(std::uint32_t column) const {
    return std::span(m_cells).subspan(std::size_t{column} * m_rows, m_rows);
  }
  std::uint32_t decidedAt(std::uint32_t column) const { return decidedRow(this->column(column)); }

 private:
  LogitLens(const Model& model, std::vector<TokenId> tokens, std::uint32_t first, std::span<const ValueId> values);
  Result<void> readRow(Session& session);

  std::shared_ptr<const ModelDescription> m_model;
  std::uint32_t m_first, m_rows;
  std::uint32_t m_mostTokens;  ///< whose logits are held at once
  Replay m_replay;
  std::unique_ptr<Probe> m_probe;     ///< from the last residual stream to the logits
  const Session* m_session = nullptr;  ///< whose m_probe is
  Replay::Piece m_piece;              ///< residual streams of the tokens at hand
  std::uint32_t m_done = 0;           ///< of the piece's tokens, all rows
  std::uint32_t m_row = 0;            ///< the next one, counted from the last layer down
  std::vector<std::vector<float>> m_final;  ///< log-probabilities of the last layer, per token at hand
  std::vector<LensCell> m_cells;      ///< (columns, rows)
};

}  // namespace cutaway
