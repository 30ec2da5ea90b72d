// INT8 activations, simulated: the inputs of every linear part of the layers are rounded to 8 bits and decoded again while the model
// reads a text, layer by layer on any device; what it costs, and the channels that cost it. Dettmers et al. 2022, "LLM.int8()"; Xiao
// et al. 2022, "SmoothQuant".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/convert/layer_inputs.h"
#include "core/run/model.h"

namespace cutaway {

enum class ActivationScale : std::uint8_t {
  none,     ///< as they are; what calibrates
  dynamic,  ///< one scale per token, its largest input over 127
  fixed     ///< one scale per value, from a calibration text; inputs beyond it are cut off
};

/// A channel whose inputs reach far beyond those of its neighbours.
struct OutlierChannel {
  std::uint32_t channel = 0;
  float largest = 0;  ///< |x| over the text
  double ratio = 0;   ///< to the median of all channels' largest
};

/// One input of linear parts, over the text.
struct ActivationReport {
  std::uint32_t layer = 0;
  std::string value;           ///< "blk.3.ffn.act"
  std::uint32_t columns = 0;
  float largest = 0;           ///< |x|
  double relativeError = 0;    ///< size of the rounding error over the size of the inputs
  std::uint64_t outlierCount = 0;          ///< channels of at least kOutlierRatio
  std::vector<OutlierChannel> outliers;    ///< the strongest of them, at most kShown
  static constexpr double kOutlierRatio = 6;
  static constexpr std::size_t kShown = 8;
};

/// Largest |x| by value name.
using ActivationRanges = std::map<std::string, float>;

/// A job; a step is one chunk of the text in one layer.
class ActivationStudy {
 public:
  /// The text in chunks that are read each from its own start. `ranges` for ActivationScale::fixed. Fails on a text of less than two
  /// tokens.
  static Result<ActivationStudy> create(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                        std::vector<TokenId> text, std::uint32_t chunkTokens, ActivationScale scale,
                                        ActivationRanges ranges = {});

  Result<bool> step();  ///< false when all is done
  double progress() const;
  double loss() const;           ///< mean negative log-probability of a token, nats
  double standardError() const;  ///< of it
  std::uint64_t scored() const { return m_losses.size(); }
  const std::vector<float>& losses() const { return m_losses; }  ///< per scored token, for paired comparison
  const std::vector<ActivationReport>& reports() const { return m_reports; }
  ActivationRanges ranges() const;

 private:
  struct Chunk {
    std::vector<TokenId> tokens;
    std::vector<float> stream;
  };
  struct Stage {
    Graph graph;
    std::vector<ValueId> given, ofWhole;  ///< in the slice; of the whole graph
    ValueId wanted = kNone;
    std::unique_ptr<Plan> plan;
  };
  struct Sums {
    std::vector<float> largest;  ///< per channel
    double squares = 0, squaredError = 0;
  };
  ActivationStudy(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend)
      : m_model(std::move(model)), m_backend(std::move(backend)) {}
  Result<void> beginLayer();
  Result<Stage> makeStage(ValueId wanted, std::span<const ValueId> candidates, std::shared_ptr<CacheStorage> cache);
  Result<StepResult> run(Stage& stage, const Chunk& chunk, const std::map<ValueId, std::vector<float>>& values, bool logits);
  Result<void> runChunk();
  Result<void> score();
  void roundValue(std::size_t input, std::vector<float>& rows);
  void report();

  std::shared_ptr<const ModelDescription> m_model;
  std::shared_ptr<Backend> m_backend;
  std::vector<Chunk> m_chunks;
  std::uint32_t m_chunkTokens = 0, m_layer = 0;
  ActivationScale m_scale = ActivationScale::none;
  ActivationRanges m_ranges;
  std::vector<SharedInput> m_inputs;
  std::vector<Sums> m_sums;
  std::vector<Stage> m_stages;
  std::size_t m_chunk = 0;
  std::vector<float> m_losses;
  std::vector<ActivationReport> m_reports;
};

}  // namespace cutaway
