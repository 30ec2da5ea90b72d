// What attention alone says about which tokens a word came from: rollout, and the norms of what heads moved.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/inspect/residual_terms.h"

namespace cutaway {

/// Both are read from every layer's patterns, for the last token of a text. Layers are gone through from the
/// last to the first; as many at a time as `bytes` hold of patterns (each is half a square), reading the text
/// once for each group.
class AttentionFlow final : public Inquiry {
 public:
  /// Fails when the model has no attention. `bytes`: for what is held of the text.
  static Result<std::unique_ptr<AttentionFlow>> create(const Model& model, std::vector<TokenId> tokens,
                                                       std::uint64_t bytes = std::uint64_t{256} << 20);

  std::uint32_t ownContext() const override;
  bool takes(const Edits&) const override { return true; }
  double expectedSeconds(const Session& session) const override { return session.secondsFor(m_tokens.size()); }
  Result<bool> step(Session& session) override;
  double progress() const override;

  /// Attention rollout (Abnar and Zuidema 2020): each layer half its heads' mean pattern, half the token
  /// itself, multiplied down to the text; (T), adds up to one.
  const std::vector<double>& rollout() const { return m_rollout; }
  /// Norms of the vectors that all heads of a layer moved from a token to the last one, weight times value
  /// through the output projection (Kobayashi et al. 2020); in each layer as shares of all, then the mean
  /// over layers; (T).
  const std::vector<double>& movedNorms() const { return m_movedNorms; }

 private:
  struct Layer {
    ValueId pattern = kNone, values = kNone;
    WeightId projection = kNone;
  };
  /// What is held of one layer's text.
  struct Held {
    std::vector<float> meanPattern;  ///< (T, 1 to T) row behind row
    std::vector<float> lastRow;      ///< (H, T) of the last token
    std::vector<float> values;       ///< (T, G, d)
  };
  AttentionFlow(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
                std::vector<Layer> layers, std::size_t layersAtOnce);
  std::uint32_t nextCount(Session& session) const;
  void keep(std::span<const Capture> captures, std::uint32_t count);
  void rollDown(const Held& held);
  bool addNorms(const Layer& layer, const Held& held);

  std::shared_ptr<const ModelDescription> m_model;
  std::vector<TokenId> m_tokens;
  std::vector<Layer> m_layers;
  std::size_t m_layersAtOnce;
  std::size_t m_left;           ///< layers not yet done; the group is the last of them
  std::vector<Held> m_held;     ///< of the group, in the order of layers
  std::uint32_t m_read = 0;     ///< tokens of the text whose patterns are held
  std::vector<double> m_norms;  ///< of the layer in work, those tokens that are done
  std::vector<float> m_projection;
  std::vector<double> m_rollout, m_movedNorms;
};

}  // namespace cutaway
