// The same hand-made model on the CPU backend and on the device, fed with the same steps.
#pragma once

#include <optional>

#include "core/cpu/cpu_backend.h"
#include "core/graph/builder.h"
#include "core/graph/rounded_inputs.h"
#include "gpu/backend.h"
#include "support/hand_made_model.h"

namespace cutaway::test {

/// The sizes of a small transformer; what is 0 or false is left out.
struct ModelShape {
  const char* name;
  std::uint32_t width, queryHeads, keyHeads, headWidth, ffn, vocabulary;
  FormatId format = FormatId::f32;
  bool halves = false, bias = false, headNorm = false, untied = false;
  std::uint32_t rotated = 0;  ///< pairs; 0: all of the head
  std::optional<FormatId> valueFormat = {};  ///< of v's projection, where it is another
};

/// Two layers of it.
Graph makeGraph(const ModelShape& shape);
/// Random weights; norms small, so that scores stay in the range where softmax is not all or nothing.
ModelFile makeFile(const ModelShape& shape, const Graph& graph);

/// The arrays of a step.
struct StepArrays {
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> positions, sequences;
  std::vector<std::uint8_t> want;
  std::vector<std::int32_t> pages;
  std::uint32_t perSequence = 1;
  std::vector<TokenId> targets;
  std::vector<Tap> taps;
  bool fullLogits = false;
  Edits edits;

  void add(TokenId token, std::int32_t position, std::int32_t sequence, bool wanted) {
    tokens.push_back(token);
    positions.push_back(position);
    sequences.push_back(sequence);
    want.push_back(wanted);
  }
  Step step() const {
    Step step{tokens, positions, sequences, want, pages, perSequence, targets, fullLogits, taps};
    step.edits = edits;
    return step;
  }
};

/// `count` tokens of sequence 0 from `first` on, pages backwards, logits of the last one.
StepArrays run(std::uint32_t first, std::uint32_t count, std::uint32_t vocabulary, std::uint32_t pages);

struct TwinOptions {
  std::uint32_t pages = 4, maxTokens = 64;
  FormatId cache = FormatId::f32;
  float tolerance = 2e-4f;  ///< of a value's largest element
  ActivationScale rounding = ActivationScale::none;  ///< of all inputs of matrices; static ones reach to 1
};

class Twin {
 public:
  Twin(std::shared_ptr<Backend> device, const ModelShape& shape, const TwinOptions& options);
  const Graph& graph() const { return m_graph; }

  /// Runs the step on both; every tapped value and every row must agree.
  void check(const StepArrays& arrays);
  /// The same, with every value of the graph tapped.
  void checkAllValues(StepArrays arrays);
  /// The same, with these values tapped.
  void checkValues(StepArrays arrays, std::initializer_list<const char*> names);
  /// That the device rounds what it reads, in a step with these values tapped.
  void checkRounding(StepArrays arrays);
  void copyPage(std::uint32_t from, std::uint32_t to);

 private:
  struct Side {
    WeightTable weights;
    std::shared_ptr<CacheStorage> cache;
    std::unique_ptr<Plan> plan;
  };
  Side open(Backend& backend, const ModelFile& file, const TwinOptions& options) const;

  std::shared_ptr<Backend> m_cpuBackend, m_device;
  Graph m_graph;
  float m_tolerance;
  Side m_cpu, m_gpu;
};

}  // namespace cutaway::test
