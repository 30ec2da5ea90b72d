// Two sets of examples: which layer tells them apart, which neurons, and the direction that leads from one to
// the other.
#pragma once

#include <array>

#include "core/inspect/inquiry.h"

namespace cutaway {

/// Read at the last token of each example: the residual stream behind every layer, and every neuron. A
/// layer's accuracy is that of a linear probe (ridge regression on the centred states, against +1 and -1; the
/// penalty a tenth of the mean squared length of the centred examples), tested on examples it was not fitted
/// to: example i of a set is in fold i mod folds. The steering vector of a layer is the mean of the first
/// set's states less that of the second's (Rimsky et al. 2023).
class Concept final : public Inquiry {
 public:
  struct Question {
    std::vector<std::vector<TokenId>> with, without;  ///< texts, as tokens; two of each at least
    std::uint32_t folds = 5;
    std::uint32_t neurons = 20;  ///< kept
  };
  static Result<std::unique_ptr<Concept>> create(const Model& model, const Question& question);

  std::uint32_t ownContext() const override;
  double expectedSeconds(const Session& session) const override;
  Result<bool> step(Session& session) override;
  double progress() const override;

  struct Layer {
    ValueId value = kNone;        ///< the residual stream behind it
    double accuracy = 0;          ///< of the probe, on held-out examples
    double spread = 0;            ///< standard deviation of the folds' accuracies
    std::vector<float> steering;  ///< (D)
  };
  const std::vector<Layer>& layers() const { return m_layers; }
  std::size_t bestLayer() const;  ///< of highest accuracy; of several the middle one
  /// What always naming the larger set is right about, and the standard deviation of as many throws of a coin
  /// of that weight: an accuracy within it of chance tells nothing.
  double chance() const;
  double chanceSpread() const;
  const Question& question() const { return m_question; }
  struct Neuron {
    ValueId value = kNone;  ///< the neurons that it is one of
    std::uint32_t index = 0;
    double separation = 0;         ///< difference of the two means over the root of the mean variance
    double with = 0, without = 0;  ///< means
  };
  const std::vector<Neuron>& neurons() const { return m_neurons; }  ///< those that separate best, best first

 private:
  /// Sums over one set of one value.
  struct Sums {
    std::vector<double> sum, squares;
  };
  Concept(std::shared_ptr<const ModelDescription> model, const Question& question,
          std::vector<ValueId> states, std::vector<ValueId> neurons);
  std::size_t examples() const { return m_question.with.size() + m_question.without.size(); }
  bool isWith(std::size_t example) const { return example < m_question.with.size(); }
  std::size_t foldOf(std::size_t example) const;
  void keep(std::span<const Capture> captures);
  void probe(std::size_t layer);
  void compareNeurons(std::size_t layer);

  std::shared_ptr<const ModelDescription> m_model;
  Question m_question;
  std::vector<ValueId> m_states, m_acts;
  std::vector<std::vector<float>> m_rows;   ///< by layer, (examples, D)
  std::vector<std::array<Sums, 2>> m_sums;  ///< by value of neurons: without, with
  std::size_t m_read = 0;
  std::vector<Layer> m_layers;
  std::vector<Neuron> m_neurons;
};

}  // namespace cutaway
