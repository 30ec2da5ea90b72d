// What a mix of two precisions costs: its KL against the finer one on a text, where only the layers behind the
// first changed weight run again.
#pragma once

#include <map>

#include "core/base/thread_pool.h"
#include "core/eval/divergence.h"
#include "core/eval/perplexity.h"
#include "core/eval/precision_pair.h"

namespace cutaway {

/// Keeps, for the mix it calls its base, the residual stream in front of every layer and of every token (F32),
/// and the reference's logits of every place. A change of a weight of layer i is measured from there on. A
/// job of short steps on the thread of the device; it uses no session, and has a cache of its own.
class MixMeter {
 public:
  struct Options {
    std::uint32_t context = 512;  ///< tokens of a window
    FormatId cacheFormat = FormatId::f32;
    std::chrono::milliseconds budget = kAloneBudget;  ///< of one step
  };
  /// Reads the text in windows without overlap. Fails where it is too short, and where what has to be kept does not
  /// fit the device's memory, saying how many tokens would.
  static Result<std::unique_ptr<MixMeter>> create(std::shared_ptr<const PrecisionPair> pair,
                                                  std::vector<TokenId> tokens, const Options& options);

  ~MixMeter();

  /// Bytes that are kept of each token of the text.
  static std::uint64_t bytesPerToken(const Graph& graph);

  /// Reads the text with A, then with B, which becomes the base; one chunk per call, false when done. To be called
  /// to the end before anything else.
  Result<bool> prepare();

  /// Begins to measure a mix; what was being measured is dropped. `keep`: it becomes the base, so that what is asked
  /// next is measured from the first difference from it on.
  Result<void> begin(Mix mix, bool keep = false);
  /// Runs one chunk; false when places() are the mix's.
  Result<bool> step();
  double progress() const;  ///< of what was begun, 0 to 1

  /// begin() and every step().
  Result<DivergenceStatistics> measure(Mix mix, bool keep = false);

  const std::vector<Divergence>& places() const { return m_places; }
  const std::vector<Divergence>& placesOfB() const { return m_placesOfB; }
  const PrecisionPair& pair() const { return *m_pair; }
  const Mix& base() const { return m_base; }
  std::uint64_t tokens() const { return m_text.tokens.size(); }
  std::int32_t firstLayer() const { return m_first; }  ///< that the last run began with; -1: the embedding

 private:
  struct Bound;  ///< a slice of the graph, and its plan for the weights it was last run with
  MixMeter(std::shared_ptr<const PrecisionPair> pair, WindowedText text, const Options& options);
  Result<void> allocate();
  Result<Bound*> bind(std::int32_t firstLayer, const Mix& mix);
  Result<void> start(Mix mix, bool keep);
  Result<StepResult> runChunk(Bound& bound, std::uint32_t count);
  void takeRows(const StepResult& result);
  void takeStates(const StepResult& result, std::size_t token, std::size_t count);
  std::span<float> state(std::size_t index, std::size_t token, std::size_t count);
  std::size_t width() const { return m_pair->graph().width; }

  enum class Stage : std::uint8_t { nothing, reference, coarse, ready };

  std::shared_ptr<const PrecisionPair> m_pair;
  WindowedText m_text;
  Options m_options;
  std::uint32_t m_vocabulary, m_mostTokens;  ///< the latter of one step
  std::uint64_t m_allTokens = 0;             ///< that a whole run takes
  Reservation m_memory;
  std::shared_ptr<CacheStorage> m_cache;
  std::vector<std::int32_t> m_pages;
  std::vector<ValueId> m_stateValues;  ///< what each layer reads: embed, resid_post ..; at last what the head reads
  std::vector<float> m_states;         ///< (layers + 1, tokens, D) of the base
  std::vector<float> m_reference;      ///< (places, V): A's logits
  std::unique_ptr<ThreadPool> m_pool = std::make_unique<ThreadPool>();
  std::map<std::int32_t, std::unique_ptr<Bound>> m_bound;  ///< by first layer

  Stage m_stage = Stage::nothing;
  Mix m_base;                 ///< whose states are held
  std::int32_t m_valid = -1;  ///< up to this state
  Mix m_mix;                  ///< that is run
  bool m_keep = false, m_running = false;
  std::int32_t m_first = -1;               ///< layer that the run begins with
  std::size_t m_window = 0, m_begin = 0;   ///< and where it is
  std::vector<TokenId> m_tokens;           ///< of the window, all but its last one and it
  std::uint64_t m_done = 0;
  std::vector<Divergence> m_places, m_placesOfB;
};

}  // namespace cutaway
