// What INT8 activations cost: a text is read layer by layer on any device, with the inputs of linear parts rounded as the mode
// (core/graph/rounded_inputs.h) rounds them, and the channels that cost it are found.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/slice.h"
#include "core/inspect/channel_statistics.h"
#include "core/run/model.h"

namespace cutaway {

/// A job; a step is one chunk of the text in one layer. Takes memory for one layer at a time.
class ActivationStudy {
 public:
  /// The text in chunks that are read each from its own start. Fails on a text of less than two tokens, and on a model whose
  /// activations are rounded already.
  static Result<ActivationStudy> create(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                        std::vector<TokenId> text, std::uint32_t chunkTokens, ActivationRounding rounding);

  Result<bool> step();  ///< false when all is done
  double progress() const;
  double loss() const;           ///< mean negative log-probability of a token, nats
  double standardError() const;  ///< of it
  std::uint64_t scored() const { return m_losses.size(); }
  const std::vector<float>& losses() const { return m_losses; }  ///< per scored token, for paired comparison
  /// One per value that is rounded, or would be; with everything the last one is what the output matrix reads.
  const std::vector<ChannelReport>& reports() const { return m_reports; }
  ActivationRanges ranges() const;

 private:
  struct Chunk {
    std::vector<TokenId> tokens;
    std::vector<float> stream;
  };
  struct Input {
    ValueId before = kNone, after = kNone;  ///< of the whole graph; the same where nothing is rounded
    ChannelStatistics statistics;
  };
  ActivationStudy(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend)
      : m_model(std::move(model)), m_backend(std::move(backend)) {}
  Result<void> beginLayer();
  Result<void> makeStage(ValueId wanted);
  Result<StepResult> run(Chunk& chunk);
  Result<void> runChunk();

  std::shared_ptr<const ModelDescription> m_model;
  std::shared_ptr<Backend> m_backend;
  Graph m_graph;  ///< of the whole model, with its rounding
  bool m_everything = false;
  std::vector<Chunk> m_chunks;
  std::uint32_t m_chunkTokens = 0, m_layer = 0;
  Slice m_slice;  ///< one layer, or what is behind the last one
  std::unique_ptr<Plan> m_plan;
  std::vector<Input> m_inputs;  ///< of linear parts in it
  std::size_t m_chunk = 0;
  std::vector<float> m_losses;
  std::vector<ChannelReport> m_reports;
};

/// Called with what is done, 0 to 1; false stops the work.
using StudyProgress = std::function<bool(double done)>;

/// All of a study; fails with cancelled where `progress` says so.
Result<void> finish(ActivationStudy& study, const StudyProgress& progress);

/// The ranges of static scales: what the model's values reach in the text.
Result<ActivationRanges> measureRanges(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                       std::vector<TokenId> text, bool everything, const StudyProgress& progress = {});

}  // namespace cutaway
