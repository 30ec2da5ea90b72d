// A slice of the model's graph made ready to run over tokens that a session's cache holds.
#pragma once

#include "core/graph/slice.h"
#include "core/run/backend.h"

namespace cutaway {

/// Made by Session::compile for that session, and run by Session::run. Shares the model's weights and the
/// session's cache; needs scratch memory for its own longest step. The session must outlive it.
class Probe {
 public:
  const Slice& slice() const { return m_slice; }
  std::uint32_t maxTokens() const { return m_plan->maxTokens(); }

  /// One step over cached tokens; all values by their ids in the whole graph.
  struct Wanted {
    std::uint32_t first = 0, tokens = 1;  ///< positions; at most maxTokens(), all of them cached
    /// Instead of them, ascending, for a slice that only reads the cache.
    std::span<const std::uint32_t> positions = {};
    std::span<const StepInput> inputs = {};  ///< one for each given value, in any order
    std::span<const Tap> taps = {};          ///< of values that the slice has; an input cannot be tapped
    std::span<const std::uint8_t> wantLogits = {};  ///< (tokens); none where it is empty
    std::span<const TokenId> targets = {};          ///< as in Step
    bool fullLogits = false;
  };

 private:
  friend class Session;
  Probe(Slice slice, std::unique_ptr<Plan> plan) : m_slice(std::move(slice)), m_plan(std::move(plan)) {}

  Slice m_slice;
  std::unique_ptr<Plan> m_plan;
};

}  // namespace cutaway
