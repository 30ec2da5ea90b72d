// From logits to the next token: penalties, temperature, top-k, top-p, min-p, in this order, then a seeded draw.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "core/run/backend.h"

namespace cutaway {

struct SamplerSettings {
  float temperature = 0.7f;        ///< 0: greedy
  std::uint32_t topK = 40;         ///< 0: off
  float topP = 0.95f;              ///< 1: off
  float minP = 0.05f;              ///< 0: off; relative to the most likely token
  float repetitionPenalty = 1.0f;  ///< 1: off; Keskar et al. 2019: divides positive, multiplies negative logits
  float frequencyPenalty = 0.0f;   ///< per earlier occurrence
  float presencePenalty = 0.0f;    ///< once for a token that occurred
  std::uint32_t penaltyWindow = 64;  ///< last tokens looked at
  std::uint64_t seed = 0;

  bool operator==(const SamplerSettings&) const = default;
};

/// A sentence for the first setting that is out of range (temperature < 0, top-p outside (0, 1], NaN ...).
Result<void> validate(const SamplerSettings& settings);

struct Sampled {
  TokenId token = -1;
  float probability = 0;         ///< under the model's own distribution, before any sampler
  float samplerProbability = 0;  ///< under the one drawn from
};

/// What one stage of the sampler left.
struct SamplerStage {
  struct Entry {
    TokenId token = -1;
    float probability = 0;  ///< among those that are left
  };
  const char* name = "";    ///< "model", "penalties", "top-k", "temperature", "top-p", "min-p", or "greedy"
  std::size_t count = 0;    ///< tokens that are left
  std::vector<Entry> top;   ///< of them, at most kTopLogits, most likely first
};
/// The stages that the settings switch on, in their order, from the model's own distribution on.
std::vector<SamplerStage> samplerStages(const SamplerSettings& settings, const LogitRow& row,
                                        std::span<const TokenId> history);

/// Deterministic: the same settings, seed and rows give the same tokens on every machine.
class Sampler {
 public:
  explicit Sampler(const SamplerSettings& settings);
  /// True when the top logits of a row are not enough (no top-k, or one above kTopLogits, or penalties that may
  /// lift other tokens), so that Step::fullLogits must be set.
  bool needsFullLogits() const;
  /// True when the most likely token is always taken.
  bool takesTop() const;
  /// `history`: prompt and answer so far, for the penalties.
  Sampled sample(const LogitRow& row, std::span<const TokenId> history);

 private:
  SamplerSettings m_settings;
  std::mt19937_64 m_random;
};

}  // namespace cutaway
