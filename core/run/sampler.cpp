#include "core/run/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace cutaway {
namespace {

/// A token that may still be drawn.
struct Candidate {
  TokenId token = -1;
  double logit = 0;
  double weight = 0;  ///< exp(logit - largest logit)
};
using Candidates = std::vector<Candidate>;  ///< highest logit first; equal logits in order of token

bool penalises(const SamplerSettings& s) {
  return s.penaltyWindow > 0 &&
         (s.repetitionPenalty != 1.0f || s.frequencyPenalty != 0.0f || s.presencePenalty != 0.0f);
}

/// NaN is no candidate; infinity is the largest finite number, so that differences stay numbers.
Candidates candidatesOf(const LogitRow& row) {
  Candidates out;
  const auto add = [&](TokenId token, float logit) {
    constexpr double kLargest = std::numeric_limits<float>::max();
    if (!std::isnan(logit)) out.push_back({token, std::clamp<double>(logit, -kLargest, kLargest)});
  };
  if (row.logits.empty()) {
    for (const TokenLogit& top : row.top) add(top.token, top.logit);
  } else {
    out.reserve(row.logits.size());
    for (std::size_t t = 0; t < row.logits.size(); ++t) add(static_cast<TokenId>(t), row.logits[t]);
  }
  return out;
}

void applyPenalties(const SamplerSettings& s, std::span<const TokenId> history, Candidates& candidates) {
  if (!penalises(s)) return;
  std::map<TokenId, std::uint32_t> counts;
  for (const TokenId token : history.last(std::min<std::size_t>(s.penaltyWindow, history.size())))
    ++counts[token];
  for (Candidate& c : candidates) {
    const auto seen = counts.find(c.token);
    if (seen == counts.end()) continue;
    c.logit = c.logit > 0 ? c.logit / s.repetitionPenalty : c.logit * s.repetitionPenalty;
    c.logit -= double{s.frequencyPenalty} * seen->second + s.presencePenalty;
  }
}

/// Puts the `keep` best in front, in order, and drops the rest; 0 keeps all.
void sortBest(Candidates& candidates, std::size_t keep) {
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  if (keep == 0 || keep >= candidates.size()) {
    std::ranges::sort(candidates, before);
    return;
  }
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(keep),
                    candidates.end(), before);
  candidates.resize(keep);
}

double totalWeight(const Candidates& candidates) {
  double total = 0;
  for (const Candidate& c : candidates) total += c.weight;
  return total;
}

void applyTemperature(double temperature, Candidates& candidates) {
  const double largest = candidates.front().logit;
  for (Candidate& c : candidates) c.weight = std::exp((c.logit - largest) / temperature);
}

/// Nucleus (Holtzman et al. 2020): the fewest of the most likely tokens that hold `topP` of the probability.
void applyTopP(double topP, Candidates& candidates) {
  if (topP >= 1) return;
  const double enough = topP * totalWeight(candidates);
  double sum = 0;
  std::size_t keep = 0;
  while (keep < candidates.size() && sum < enough) sum += candidates[keep++].weight;
  candidates.resize(std::max<std::size_t>(keep, 1));
}

/// Tokens at least `minP` times as likely as the most likely one, whose weight is 1.
void applyMinP(double minP, Candidates& candidates) {
  const auto unlikely = [&](const Candidate& c) { return c.weight < minP; };
  candidates.erase(std::find_if(candidates.begin() + 1, candidates.end(), unlikely), candidates.end());
}

/// The same on every machine, unlike std::uniform_real_distribution.
double unitInterval(std::uint64_t random) { return static_cast<double>(random >> 11) * 0x1p-53; }

const Candidate& draw(const Candidates& candidates, double total, double unit) {
  double left = unit * total;
  for (const Candidate& c : candidates) {
    if (left < c.weight) return c;
    left -= c.weight;
  }
  return candidates.back();
}

float modelProbability(const LogitRow& row, TokenId token) {
  if (!row.logits.empty()) return std::exp(row.logits[static_cast<std::size_t>(token)] - row.logSumExp);
  const auto found = std::ranges::find(row.top, token, &TokenLogit::token);
  return found == row.top.end() ? 0 : std::exp(found->logit - row.logSumExp);
}

bool inRange(double value, double low, double high) {
  return value >= low && value <= high;
}  // false for NaN

}  // namespace

Result<void> validate(const SamplerSettings& s) {
  const auto refuse = [](const char* name, float value, const char* range) -> Result<void> {
    return fail(ErrorKind::usage, name, " is ", value, "; it must be ", range);
  };
  constexpr double kLarge = 1000;
  if (!inRange(s.temperature, 0, kLarge)) return refuse("temperature", s.temperature, "between 0 and 1000");
  if (!inRange(s.topP, 0, 1) || s.topP == 0) return refuse("top-p", s.topP, "above 0 and at most 1");
  if (!inRange(s.minP, 0, 1)) return refuse("min-p", s.minP, "between 0 and 1");
  if (!inRange(s.repetitionPenalty, 0, kLarge) || s.repetitionPenalty == 0)
    return refuse("repetition penalty", s.repetitionPenalty, "above 0 and at most 1000");
  if (!inRange(s.frequencyPenalty, -kLarge, kLarge))
    return refuse("frequency penalty", s.frequencyPenalty, "between -1000 and 1000");
  if (!inRange(s.presencePenalty, -kLarge, kLarge))
    return refuse("presence penalty", s.presencePenalty, "between -1000 and 1000");
  return {};
}

Sampler::Sampler(const SamplerSettings& settings) : m_settings(settings), m_random(settings.seed) {}

bool Sampler::needsFullLogits() const {
  const SamplerSettings& s = m_settings;
  const std::uint32_t wanted = s.temperature == 0 ? 1 : s.topK;
  if (wanted == 0 || wanted > kTopLogits) return true;
  if (!penalises(s)) return false;
  const bool lifts = s.repetitionPenalty < 1 || s.frequencyPenalty < 0 || s.presencePenalty < 0;
  // Each token of the window may push one of the top logits down, and let one in that is not among them.
  return lifts || s.penaltyWindow > kTopLogits - wanted;
}

bool Sampler::takesTop() const { return m_settings.temperature == 0 && !penalises(m_settings); }

namespace {

/// The candidates that are left for the draw, weighted. `observe(name, candidates)` sees them before the first and after
/// every stage.
template <class Observe>
Candidates survivors(const SamplerSettings& s, const LogitRow& row, std::span<const TokenId> history, Observe observe) {
  Candidates candidates = candidatesOf(row);
  if (candidates.empty()) return candidates;
  observe("model", candidates);
  applyPenalties(s, history, candidates);
  if (penalises(s)) observe("penalties", candidates);
  const bool greedy = s.temperature == 0;
  sortBest(candidates, greedy ? 1 : s.topK);
  if (greedy || s.topK > 0) observe(greedy ? "greedy" : "top-k", candidates);
  if (greedy) return candidates;
  applyTemperature(s.temperature, candidates);
  if (s.temperature != 1) observe("temperature", candidates);
  applyTopP(s.topP, candidates);
  if (s.topP < 1) observe("top-p", candidates);
  applyMinP(s.minP, candidates);
  if (s.minP > 0) observe("min-p", candidates);
  return candidates;
}

/// Before the temperature candidates have no weights yet: those of temperature 1 stand in.
SamplerStage stageOf(const char* name, Candidates candidates, bool weighted) {
  sortBest(candidates, 0);
  if (!weighted) applyTemperature(1, candidates);
  SamplerStage stage{name, candidates.size(), {}};
  const double total = totalWeight(candidates);
  candidates.resize(std::min<std::size_t>(candidates.size(), kTopLogits));
  for (const Candidate& c : candidates) stage.top.push_back({c.token, static_cast<float>(c.weight / total)});
  return stage;
}

}  // namespace

std::vector<SamplerStage> samplerStages(const SamplerSettings& settings, const LogitRow& row,
                                        std::span<const TokenId> history) {
  std::vector<SamplerStage> stages;
  survivors(settings, row, history, [&](const char* name, const Candidates& candidates) {
    stages.push_back(stageOf(name, candidates, candidates.front().weight > 0));
  });
  return stages;
}

Sampled Sampler::sample(const LogitRow& row, std::span<const TokenId> history) {
  const Candidates candidates = survivors(m_settings, row, history, [](const char*, const Candidates&) {});
  if (candidates.empty()) return {};
  if (m_settings.temperature == 0) return {candidates.front().token, modelProbability(row, candidates.front().token), 1};
  const double total = totalWeight(candidates);
  const Candidate& chosen = draw(candidates, total, unitInterval(m_random()));
  return {chosen.token, modelProbability(row, chosen.token), static_cast<float>(chosen.weight / total)};
}

}  // namespace cutaway
