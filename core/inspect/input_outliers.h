// Which channels of the matrices' inputs stand out in a text, and what 8 bits make of those inputs, per token and with one scale.
#pragma once

#include "core/inspect/channel_statistics.h"
#include "core/inspect/inquiry.h"
#include "core/inspect/replay.h"

namespace cutaway {

/// The inputs as they are before any rounding. Static scales are those of the model where its activations are rounded with static
/// ones; else each reaches as far as the text itself does, and the text is read twice.
class InputOutliers final : public Inquiry {
 public:
  /// Fails when there are no tokens, or no matrices in the layers.
  static Result<std::unique_ptr<InputOutliers>> create(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens);

  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  const std::vector<TokenId>& tokens() const { return m_replay.tokens(); }
  bool isCalibrated() const { return m_isCalibrated; }  ///< the static scales are those of the model
  struct Input {
    ValueId value = kNone;
    std::int32_t layer = 0;
    float range = 0;            ///< of the static scale
    std::vector<float> largest; ///< |x| per channel
    ChannelReport dynamic, fixed;  ///< the same but for errors and what is clipped
  };
  const std::vector<Input>& inputs() const { return m_inputs; }  ///< in the order of the graph; when finished

 private:
  struct Sums {
    ChannelStatistics dynamic, fixed;
  };
  InputOutliers(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens, std::vector<Input> inputs);
  static Replay replayOf(const Graph& graph, std::vector<TokenId> tokens, const std::vector<Input>& inputs);
  void take(const Replay::Piece& piece);
  void report();

  std::shared_ptr<const ModelDescription> m_model;
  std::vector<Input> m_inputs;
  std::vector<Sums> m_sums;
  Replay m_replay;
  bool m_isCalibrated = false, m_isSecond = false;
};

}  // namespace cutaway
