#include "core/inspect/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr ImportanceMethodInfo kMethods[] = {
    {ImportanceMethod::rollout, "rollout", "attention multiplied down through the layers", false},
    {ImportanceMethod::movedNorm, "moved vectors", "size of what heads moved from there to the last token",
     false},
    {ImportanceMethod::leaveOneOut, "leave one out", "fall of the word's log-probability without the token",
     true},
    {ImportanceMethod::spans, "spans", "mean fall without the spans that hold the token", true},
};

constexpr std::uint32_t kShortestSpan = 2, kLongestSpan = 32, kMostTop = 8;

std::uint32_t usualSpan(std::size_t tokens) {
  return std::clamp(static_cast<std::uint32_t>(tokens) / 8, kShortestSpan, kLongestSpan);
}

/// Indices of the largest scores, ascending.
std::vector<std::uint32_t> topOf(std::span<const double> scores, std::uint32_t count) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::greater<>(), [&](std::uint32_t i) { return scores[i]; });
  order.resize(count);
  std::ranges::sort(order);
  return order;
}

}  // namespace

std::span<const ImportanceMethodInfo> importanceMethods() { return kMethods; }

Result<std::unique_ptr<Importance>> Importance::create(const Model& model, std::vector<TokenId> tokens,
                                                       const Question& question) {
  for (const TokenId token : {question.word, question.replacement})
    TRY(checkToken(model.description->graph(), token));
  if (tokens.size() < 2)
    return fail(ErrorKind::badInput,
                "a word depends on earlier tokens only where there are two or more; found ", tokens.size());
  if (question.spanTokens >= tokens.size())
    return fail(ErrorKind::badInput, "spans of ", question.spanTokens, " tokens leave nothing of a text of ",
                tokens.size(), "; choose shorter ones");
  auto flow = TRY(AttentionFlow::create(model, tokens));
  return std::unique_ptr<Importance>(new Importance(std::move(tokens), question, std::move(flow)));
}

Importance::Importance(std::vector<TokenId> tokens, const Question& question,
                       std::unique_ptr<AttentionFlow> flow)
    : m_tokens(std::move(tokens)), m_question(question), m_flow(std::move(flow)) {
  const auto size = static_cast<std::uint32_t>(m_tokens.size());
  if (m_question.spanTokens == 0) m_question.spanTokens = std::min(usualSpan(size), size - 1);
  m_topTokens = std::clamp(size / 10, 1u, kMostTop);
  m_context = std::max(m_flow->ownContext(), Variants::context(m_tokens.size()));
}

Result<bool> Importance::askWord(Session& session) {
  const auto result = TRY(askLastToken(session, m_tokens, {.fullLogits = true}));
  if (!result) return true;
  const LogitRow& row = result->rows.front();
  if (m_question.word < 0) m_question.word = row.top.front().token;
  m_logProbability = double{row.logits[static_cast<std::size_t>(m_question.word)]} - double{row.logSumExp};
  return false;
}

/// The text without `count` tokens from `first` on. The word is predicted from what is last then.
Variant Importance::without(std::uint32_t first, std::uint32_t count) const {
  const bool replaces = m_question.replacement >= 0;
  Variant variant{.kept = first, .put = {}, .resume = first + count};
  if (replaces) variant.put.assign(count, m_question.replacement);
  if (!replaces && variant.resume == m_tokens.size()) variant.put = {m_tokens[--variant.kept]};
  return variant;
}

/// The text without these tokens; ascending, fewer than all.
Variant Importance::withoutAll(std::vector<std::uint32_t> left) const {
  Variant variant{.kept = left.front(), .put = {}, .resume = static_cast<std::uint32_t>(m_tokens.size())};
  for (std::uint32_t i = left.front(); i < m_tokens.size(); ++i) {
    const bool gone = std::ranges::binary_search(left, i);
    if (!gone) variant.put.push_back(m_tokens[i]);
    if (gone && m_question.replacement >= 0) variant.put.push_back(m_question.replacement);
  }
  if (variant.put.empty()) variant.put = {m_tokens[--variant.kept]};
  return variant;
}

std::unique_ptr<Variants> Importance::variants(std::vector<Variant> variants) const {
  Variants::Options options;
  options.target = m_question.word;
  if (!m_question.batched) options.most = 1;
  return std::make_unique<Variants>(m_tokens, std::move(variants), options);
}

void Importance::beginOcclusion() {
  const auto size = static_cast<std::uint32_t>(m_tokens.size()), span = m_question.spanTokens;
  std::vector<Variant> all;
  for (std::uint32_t i = 0; m_question.leaveOneOut && i < size; ++i) all.push_back(without(i, 1));
  const std::uint32_t stride = std::max(span / 2, 1u);
  for (std::uint32_t first = 0;; first += stride) {  // the last one ends with the text
    m_spans.push_back(std::min(first, size - span));
    all.push_back(without(m_spans.back(), span));
    if (m_spans.back() + span == size) break;
  }
  m_variants = variants(std::move(all));
}

double Importance::loss(const LogitRow& row) const {
  return m_logProbability - (double{row.targetLogit} - double{row.logSumExp});
}

void Importance::endOcclusion() {
  m_methods.push_back({ImportanceMethod::rollout, m_flow->rollout()});
  m_methods.push_back({ImportanceMethod::movedNorm, m_flow->movedNorms()});
  const std::vector<LogitRow>& rows = m_variants->rows();
  const std::size_t size = m_tokens.size();
  if (m_question.leaveOneOut) {
    m_methods.push_back({ImportanceMethod::leaveOneOut, {}});
    for (std::size_t i = 0; i < size; ++i) m_methods.back().scores.push_back(loss(rows[i]));
  }
  std::vector<double> sums(size), counts(size);
  for (std::size_t i = 0; i < m_spans.size(); ++i)
    for (std::uint32_t token = m_spans[i]; token < m_spans[i] + m_question.spanTokens; ++token) {
      sums[token] += loss(rows[rows.size() - m_spans.size() + i]);
      ++counts[token];
    }
  std::ranges::transform(sums, counts, sums.begin(), std::divides<>());
  m_methods.push_back({ImportanceMethod::spans, std::move(sums)});
  m_flow.reset();
}

void Importance::beginTop() {
  std::vector<Variant> all;
  for (const Method& method : m_methods) all.push_back(withoutAll(topOf(method.scores, m_topTokens)));
  std::mt19937 random(m_question.seed);
  for (std::uint32_t draw = 0; draw < m_question.draws; ++draw) {
    std::vector<double> numbers(m_tokens.size());
    for (double& number : numbers) number = static_cast<double>(random());
    all.push_back(withoutAll(topOf(numbers, m_topTokens)));
  }
  m_variants = variants(std::move(all));
}

void Importance::endTop() {
  const std::vector<LogitRow>& rows = m_variants->rows();
  for (std::size_t i = 0; i < m_methods.size(); ++i) m_methods[i].topLoss = loss(rows[i]);
  for (std::size_t i = m_methods.size(); i < rows.size(); ++i) m_randomLosses.push_back(loss(rows[i]));
  std::ranges::sort(m_randomLosses);
  m_variants.reset();
}

Result<bool> Importance::step(Session& session) {
  switch (m_stage) {
    case Stage::flow:
      TRY(session.setEdits(std::make_shared<const Edits>()));
      if (!TRY(m_flow->step(session))) m_stage = Stage::word;
      return true;
    case Stage::word:
      if (TRY(askWord(session))) return true;
      beginOcclusion();
      m_stage = Stage::occlusion;
      return true;
    case Stage::occlusion:
      if (TRY(m_variants->step(session))) return true;
      endOcclusion();
      beginTop();
      m_stage = Stage::top;
      return true;
    case Stage::top:
      if (TRY(m_variants->step(session))) return true;
      endTop();
      m_stage = Stage::done;
      return false;
    case Stage::done:
      return false;
  }
  return false;
}

double Importance::expectedSeconds(const Session& session) const {
  const std::uint64_t size = m_tokens.size(), methods = 4;
  const std::uint64_t spans = 2 * size / m_question.spanTokens + 1;
  std::uint64_t tokens = 2 * size + spans * size / 2 + (methods + m_question.draws) * size;
  if (m_question.leaveOneOut) tokens += size * size / 2;
  return session.secondsFor(tokens);
}

double Importance::progress() const {
  constexpr double kFlow = 0.15, kTop = 0.1;
  switch (m_stage) {
    case Stage::flow:
      return kFlow * m_flow->progress();
    case Stage::word:
      return kFlow;
    case Stage::occlusion:
      return kFlow + (1 - kFlow - kTop) * m_variants->progress();
    case Stage::top:
      return 1 - kTop + kTop * m_variants->progress();
    case Stage::done:
      return 1;
  }
  return 1;
}

Importance::Agreement Importance::agreement(std::size_t a, std::size_t b) const {
  const auto sizes = [&](std::size_t method) {
    std::vector<double> scores = m_methods[method].scores;
    for (double& score : scores) score = std::abs(score);
    return scores;
  };
  const std::vector<double> x = sizes(a), y = sizes(b);
  return {spearman(x, y), kendall(x, y)};
}

}  // namespace cutaway
