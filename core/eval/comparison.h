// Two models read a text together: how far their predictions lie apart at every place, and layer by layer
// where it comes from. No file of logits is needed, and none is made.
#pragma once

#include <functional>

#include "core/base/thread_pool.h"
#include "core/eval/divergence.h"
#include "core/eval/layer_drift.h"
#include "core/eval/perplexity.h"

namespace cutaway {

/// Whether the same token ids mean the same text to both, so that they can read in lockstep: the same tokens,
/// cut by the same rule. Else says which token differs. More rows of the embedding than tokens are padding.
Result<void> checkSameTokens(const ModelDescription& a, const ModelDescription& b);
/// Logits that are compared: all where both have as many, else those of the tokenizer's tokens.
std::uint32_t sharedVocabulary(const ModelDescription& a, const ModelDescription& b);

/// Whether all of them fit on a device at the same time, each with a session of `context` tokens. Else says
/// what each needs and what is free. To be asked before the first is loaded.
Result<void> checkFitTogether(std::span<const ModelDescription* const> models, Backend& backend,
                              std::uint32_t context, FormatId cacheFormat);

struct ComparisonOptions {
  PerplexityOptions windows;
  bool layers = true;       ///< also the residual streams, of every token that is scored
  std::size_t places = SIZE_MAX;  ///< read no further than this many scored places, rounded up to a step
  std::chrono::milliseconds budget = kAloneBudget;  ///< of one step
};

/// A job of short steps on two sessions, which it takes for itself; they may be on different devices, and of one
/// model. Positions are scored as Perplexity scores them.
class Comparison {
 public:
  /// Fails as windowedText and checkSameTokens do.
  static Result<Comparison> create(Session& a, Session& b, std::vector<TokenId> tokens,
                                   const ComparisonOptions& options);

  /// Reads one chunk with one of the models; false when all is read.
  Result<bool> step();
  std::uint64_t read() const { return m_readTokens; }  ///< by both, overlapping windows counted in full
  std::uint64_t total() const { return m_total; }

  std::uint64_t plannedPlaces() const;  ///< that will be scored in all
  std::uint32_t vocabulary() const { return m_vocabulary; }           ///< logits per place
  const std::vector<Divergence>& places() const { return m_places; }  ///< scored so far, in order
  /// Of each place the token of tokens() that it predicts from.
  const std::vector<std::size_t>& tokenOfPlace() const { return m_tokenOfPlace; }
  const std::vector<TokenId>& tokens() const { return m_text.tokens; }
  DivergenceStatistics statistics() const { return statisticsOf(m_places); }
  /// Empty where layers were not asked for, or the models have not the same number and width of them.
  std::vector<LayerDrift> layers() const;

  /// Is shown both rows of logits of every scored place, in order.
  using RowVisitor = std::function<void(std::span<const float> a, std::span<const float> b, TokenId next)>;
  void showRows(RowVisitor visitor) { m_visitor = std::move(visitor); }

 private:
  Comparison(Session& a, Session& b, WindowedText text, const ComparisonOptions& options);
  Result<void> beginChunk();
  Result<StepResult> readChunk(Session& session, std::span<const Tap> taps);
  void compareRows(const StepResult& b);
  void compareLayers(const StepResult& b);
  void endChunk();

  Session *m_a, *m_b;
  WindowedText m_text;
  ComparisonOptions m_options;
  std::uint32_t m_vocabulary;
  std::vector<Tap> m_tapsA, m_tapsB;  ///< resid_post by layer
  std::unique_ptr<ThreadPool> m_pool = std::make_unique<ThreadPool>();
  RowVisitor m_visitor;

  std::size_t m_window = 0;
  std::vector<TokenId> m_tokens;  ///< of the window, all but its last one
  std::size_t m_begin = 0;        ///< of the chunk, in the window
  std::uint32_t m_count = 0;      ///< its tokens; 0: none is begun
  bool m_scored = false;          ///< whether its rows are
  StepResult m_rowsA;
  std::uint64_t m_readTokens = 0, m_total = 0;
  std::vector<Divergence> m_places;
  std::vector<std::size_t> m_tokenOfPlace;
  std::vector<DriftSums> m_layers;
};

}  // namespace cutaway
