#include "core/inspect/why.h"

#include <algorithm>

namespace cutaway {
namespace {

/// How long each part takes beside the others, for the progress.
constexpr double kShare[] = {1, 2, 1, 1, 8, 8};

}  // namespace

Result<std::unique_ptr<Why>> Why::create(const Model& model, std::vector<TokenId> tokens, TokenId word,
                                         TokenId against) {
  const auto vocabulary = static_cast<TokenId>(model.description->graph().vocabulary);
  if (tokens.size() < 2) return fail(ErrorKind::usage, "the text has ", tokens.size(), " tokens; a report needs two at least");
  if (std::max(word, against) >= vocabulary)
    return fail(ErrorKind::usage, "there is no token ", std::max(word, against), "; the vocabulary has ", vocabulary);
  auto why = std::unique_ptr<Why>(new Why(model, std::move(tokens), word, against));
  const Graph& graph = model.description->graph();
  std::vector<ValueId> patterns;
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer) {
    patterns.push_back(graph.find(concat("blk.", layer, ".attn.pattern")));
    if (patterns.back() == kNone) return fail(ErrorKind::badInput, "this model has no value blk.", layer, ".attn.pattern");
  }
  why->m_next = std::make_unique<NextToken>(why->m_tokens, SamplerSettings());
  why->m_lens = TRY(LogitLens::create(model, why->m_tokens, static_cast<std::uint32_t>(why->m_tokens.size()) - 1));
  why->m_patterns = std::make_unique<Recall>(why->m_tokens, patterns);
  why->m_parts = {why->m_next.get(), why->m_lens.get(), why->m_patterns.get()};
  return why;
}

std::uint32_t Why::ownContext() const { return Variants::context(m_tokens.size()); }

/// Most of it are the words left out and the heads switched off, whose parts are not made yet.
double Why::expectedSeconds(const Session& session) const {
  const std::uint64_t size = m_tokens.size(), heads = m_description->graph().layers * m_description->graph().queryHeads;
  return session.secondsFor(size * size + heads * size);
}

/// What can only be asked once the word is known.
Result<void> Why::askAboutWord() {
  const auto& top = m_next->row().top;
  if (m_word < 0) m_word = top.front().token;
  if (m_against < 0) {
    const auto other = std::ranges::find_if(top, [&](const TokenLogit& one) { return one.token != m_word; });
    if (other != top.end()) m_against = other->token;
  }
  m_attribution = TRY(Attribution::create(*m_model, m_tokens, {.token = m_word, .against = m_against}));
  m_importance = TRY(Importance::create(*m_model, m_tokens, {.word = m_word}));
  m_ablation = TRY(Sweep::create(*m_model, m_tokens, {.part = SweepPart::heads, .change = SweepChange::zero, .token = m_word, .tokens = {}}));
  m_model.reset();
  m_parts.insert(m_parts.end(), {m_attribution.get(), m_importance.get(), m_ablation.get()});
  return {};
}

Result<bool> Why::step(Session& session) {
  if (TRY(m_parts[m_part]->step(session))) return true;
  if (m_part == 0) TRY(askAboutWord());
  return ++m_part < m_parts.size();
}

double Why::progress() const {
  double done = 0, all = 0;
  for (std::size_t i = 0; i < std::size(kShare); ++i) {
    all += kShare[i];
    if (i < m_part) done += kShare[i];
    if (i == m_part && i < m_parts.size()) done += kShare[i] * m_parts[i]->progress();
  }
  return done / all;
}

std::span<const float> Why::attention(std::uint32_t layer, std::uint32_t head) const {
  const std::size_t length = m_tokens.size();
  return std::span(m_patterns->captures().at(layer).data).subspan(head * length, length);
}

}  // namespace cutaway
