#include "core/inspect/head_finder.h"

#include <algorithm>
#include <random>

#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{32} << 20;  ///< of the patterns of one step
constexpr double kLeastDistance = 0.005;  ///< where nearly all heads are alike, less than this is no difference

double medianOf(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// A random sequence, and the same once more, behind what the tokenizer begins texts with.
std::vector<TokenId> repeated(const Model& model, const HeadFinder::Options& options, std::mt19937_64& random) {
  const Tokenizer& tokenizer = *model.description->tokenizer;
  std::vector<TokenId> tokens = tokenizer.encode("", true, false);
  const std::uint32_t vocabulary = model.description->graph().vocabulary;
  const std::size_t begin = tokens.size();
  for (std::uint32_t i = 0; i < options.randomTokens; ++i) tokens.push_back(static_cast<TokenId>(random() % vocabulary));
  const std::vector<TokenId> again(tokens.begin() + static_cast<std::ptrdiff_t>(begin), tokens.end());
  tokens.insert(tokens.end(), again.begin(), again.end());
  return tokens;
}

}  // namespace

HeadFinder::HeadFinder(const Model& model, std::vector<TokenId> tokens, const Options& options)
    : m_layers(model.description->graph().layers), m_heads(model.description->graph().queryHeads) {
  const Graph& graph = model.description->graph();
  for (std::uint32_t layer = 0; layer < m_layers; ++layer)
    m_taps.push_back({.value = graph.find(concat("blk.", layer, ".attn.pattern"))});
  if (tokens.size() > kMostTokens) tokens.erase(tokens.begin(), tokens.end() - kMostTokens);
  m_texts.push_back(std::move(tokens));
  std::mt19937_64 random(options.seed);
  for (std::uint32_t i = 0; i < options.rounds; ++i) m_texts.push_back(repeated(model, options, random));
  for (const auto& text : m_texts) {
    m_longest = std::max(m_longest, static_cast<std::uint32_t>(text.size()));
    m_all += text.size();
  }
  for (auto& tallies : m_tallies) tallies.resize(std::size_t{m_layers} * m_heads);
}

void HeadFinder::add(const Capture& pattern, std::uint32_t layer, std::uint32_t tokens) {
  const std::size_t length = pattern.shape.at(2);
  for (std::uint32_t head = 0; head < m_heads; ++head) {
    HeadTally& tally = m_tallies[m_text == 0 ? 0 : 1][place(layer, head)];
    for (std::uint32_t i = 0; i < tokens; ++i)
      tally.add(std::span(pattern.data).subspan((std::size_t{head} * tokens + i) * length, length), m_texts[m_text], m_read + i);
  }
}

Result<void> HeadFinder::readSome(Session& session) {
  const std::span all(m_texts[m_text]);
  if (TRY(readUpTo(session, all, m_read))) return {};  // another inquiry may have used the session since
  const std::uint64_t rowBytes = std::uint64_t{m_layers} * m_heads * all.size() * sizeof(float);
  const auto few = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kStepBytes / rowBytes, 1, UINT32_MAX));
  const auto left = static_cast<std::uint32_t>(all.size()) - m_read;
  const std::uint32_t count = std::min({left, few, session.chunkTokens(kSharedBudget)});
  const StepResult result = TRY(session.step(all.subspan(m_read, count), {.taps = m_taps}));
  for (std::uint32_t layer = 0; layer < m_layers; ++layer) add(result.captures.at(layer), layer, count);
  m_read += count;
  m_done += count;
  return {};
}

Result<bool> HeadFinder::step(Session& session) {
  if (std::ranges::any_of(m_taps, [](const Tap& tap) { return tap.value == kNone; }))
    return fail(ErrorKind::badInput, "this model has no attention patterns blk.*.attn.pattern to score");
  while (m_text < m_texts.size() && m_read == m_texts[m_text].size()) {
    ++m_text;
    m_read = 0;
  }
  if (m_text < m_texts.size()) {
    TRY(readSome(session));
    return true;
  }
  compare();
  return false;
}

double HeadFinder::progress() const { return m_all == 0 ? 1 : static_cast<double>(m_done) / static_cast<double>(m_all); }

HeadScores HeadFinder::scores(Source source, std::uint32_t layer, std::uint32_t head) const {
  return m_tallies[static_cast<std::size_t>(source)][place(layer, head)].scores();
}

void HeadFinder::compare() {
  for (std::size_t habit = 0; habit < kHeadHabitCount; ++habit) {
    std::vector<double> values;
    for (const HeadTally& tally : m_tallies[1]) values.push_back(tally.scores()[habit]);
    m_usual[habit].median = medianOf(values);
    for (double& value : values) value = std::abs(value - m_usual[habit].median);
    m_usual[habit].distance = std::max(medianOf(values), kLeastDistance);
  }
}

double HeadFinder::standing(HeadHabit habit, std::uint32_t layer, std::uint32_t head) const {
  const auto at = static_cast<std::size_t>(habit);
  return (scores(Source::random, layer, head)[at] - m_usual[at].median) / m_usual[at].distance;
}

std::optional<HeadHabit> HeadFinder::name(std::uint32_t layer, std::uint32_t head) const {
  std::optional<HeadHabit> best;
  double most = kOutstanding;
  for (const HeadHabitInfo& info : headHabits()) {
    const double found = standing(info.habit, layer, head);
    if (found < most) continue;
    most = found;
    best = info.habit;
  }
  return best;
}

}  // namespace cutaway
