// Where an error of quantization is born, grows and heals: two precisions of one model read a text, and what they hold
// inside is set side by side, layer by layer and token by token.
#pragma once

#include <optional>

#include "core/inspect/pair_inquiry.h"

namespace cutaway {

/// A is the reference. A job of short steps on two sessions, which may be on different devices. Where they hold the text,
/// it works on branches, and they stay as they were; else they read it. Other users of them may come between two steps.
class PrecisionLens final : public PairInquiry {
 public:
  struct Options {
    bool attention = true;  ///< also the heads
    bool logits = true;     ///< also the logit lens: the most work
  };
  /// Fails when there are no tokens, the models' tokens differ (eval/comparison.h), or their graphs have not the same
  /// layers, heads and widths.
  static Result<std::unique_ptr<PrecisionLens>> create(const Model& a, const Model& b, std::vector<TokenId> tokens,
                                                       const Options& options);

  Result<bool> step(Session& a, Session& b) override;
  double progress() const override;

  const std::vector<TokenId>& tokens() const { return m_tokens; }
  std::uint32_t layers() const { return m_layers; }
  std::uint32_t heads() const { return m_heads; }

  /// Of the residual stream: the embedding, then behind the attention (`resid_mid`) and behind the feed-forward part
  /// (`resid_post`) of each layer.
  std::uint32_t streamRows() const { return 1 + 2 * m_layers; }
  std::string streamRowName(std::uint32_t row) const;  ///< "embed", "blk.0.resid_mid"
  /// (streamRows(), tokens): |a - b| / |a|, and the cosine between them.
  std::span<const float> relativeErrors() const { return m_errors; }
  std::span<const float> cosines() const { return m_cosines; }

  /// (layers, heads, tokens): total variation between the attention weights of a token, half the sum of the absolute
  /// differences: 0 where they are equal, 1 where nothing is looked at by both. Empty when not asked for.
  std::span<const float> attentionShifts() const { return m_shifts; }
  float meanShift(std::uint32_t layer, std::uint32_t head) const;  ///< over the tokens read so far

  /// (1 + layers, tokens): KL in nats, from A's to B's distribution, of what each would say if it stopped behind the
  /// embedding or that layer. The last row is that of the models. Empty when not asked for.
  std::span<const float> lensDivergences() const { return m_divergences; }

 private:
  PrecisionLens(const Model& a, const Model& b, std::vector<TokenId> tokens, const Options& options);
  struct Side {
    std::vector<Tap> taps;  ///< the residual stream, then the patterns
    std::unique_ptr<Probe> probe;
    const Session* session = nullptr;  ///< whose the probe is
    std::vector<Capture> captures;     ///< of the piece
  };
  static Result<std::vector<Tap>> tapsOf(const Graph& graph, bool attention);
  std::uint32_t nextCount(Session& a, Session& b) const;
  Result<bool> capture(Session& session, Side& side);
  Result<bool> readPiece(Session& a, Session& b);
  void comparePiece();
  Result<StepResult> lensRow(Session& session, Side& side, std::uint32_t count);
  Result<void> compareLensRow(Session& a, Session& b);

  std::vector<TokenId> m_tokens;
  Options m_options;
  std::uint32_t m_layers, m_heads, m_width, m_vocabulary, m_tokensOfLens;
  Side m_a, m_b;
  std::uint32_t m_first = 0, m_count = 0;  ///< the piece; no tokens: none is begun
  bool m_captured = false;                 ///< by both
  std::uint32_t m_lensed = 0, m_row = 0;   ///< of the piece: its tokens, all rows; the next row
  std::vector<float> m_errors, m_cosines, m_shifts, m_divergences;
};

}  // namespace cutaway
