// The feed-forward neurons that did most at one place of a text, what each pushed, and the words it stands
// for.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/inspect/residual_terms.h"

namespace cutaway {

/// A neuron writes its activation times its column of the down projection into the residual stream: its
/// strength is the length of that vector, its push the vector's share of a token's logit behind the frozen
/// last norm, and its words those whose logits the vector raises most.
class Neurons final : public Inquiry {
 public:
  struct Question {
    TokenId token = -1;          ///< whose logit is pushed; -1: the most likely one
    std::uint32_t neurons = 24;  ///< kept, the strongest of all layers
    std::uint32_t words = 6;     ///< per neuron
  };
  /// `tokens`: the text up to the place that predicts; at least one. Fails when the model has no such blocks.
  static Result<std::unique_ptr<Neurons>> create(const Model& model, std::vector<TokenId> tokens,
                                                 const Question& question);

  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  struct Neuron {
    std::int32_t layer = -1;
    std::uint32_t index = 0;
    double activation = 0, strength = 0, push = 0;
    std::vector<TokenLogit> words = {};    ///< and by how much their logits rise
    std::vector<std::string> texts = {};  ///< of the words
  };
  TokenId token() const { return m_question.token; }
  const std::vector<Neuron>& neurons() const { return m_neurons; }  ///< the strongest first

 private:
  struct Block {
    std::int32_t layer = -1;
    ValueId activations = kNone;
    WeightId down = kNone;
  };
  Neurons(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
          const Question& question, ResidualSum sum, std::vector<Block> blocks);
  void aim(const LogitRow& row);
  void measure(const Block& block, std::span<const float> activations);
  void takeColumns();
  void readWords();

  std::shared_ptr<const ModelDescription> m_model;
  std::vector<TokenId> m_tokens;
  Question m_question;
  ResidualSum m_sum;
  std::vector<Block> m_blocks;
  std::vector<Capture> m_captures;  ///< the last residual, then one per block; empty until they are there
  std::vector<double> m_scale;      ///< (D) of the last norm
  std::vector<double> m_direction;  ///< (D) along which the token's logit grows
  std::size_t m_measured = 0;       ///< blocks
  std::vector<Neuron> m_neurons;
  std::vector<float> m_columns;   ///< (neurons, D) what each writes, behind the last norm
  std::uint64_t m_wordsRead = 0;  ///< rows of the output matrix
};

}  // namespace cutaway
