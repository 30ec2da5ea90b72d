#include "core/inspect/edited_answer.h"

#include <algorithm>

#include "core/eval/divergence.h"
#include "core/inspect/recall.h"

namespace cutaway {

Result<std::unique_ptr<EditedAnswer>> EditedAnswer::create(const Model& model, std::vector<TokenId> prompt,
                                                           const Question& question) {
  if (prompt.empty()) return fail(ErrorKind::badInput, "the prompt has no tokens; give at least one");
  const Graph& graph = model.description->graph();
  for (const Edit& edit : *question.edits) TRY(validate(graph, edit));
  TRY(validate(question.sampler));
  const std::uint32_t first = firstAffected(graph, {}, *question.edits);
  return std::unique_ptr<EditedAnswer>(new EditedAnswer(std::move(prompt), question, first));
}

EditedAnswer::EditedAnswer(std::vector<TokenId> prompt, const Question& question, std::uint32_t firstEdited)
    : m_prompt(std::move(prompt)),
      m_question(question),
      m_firstEdited(std::min(firstEdited, static_cast<std::uint32_t>(m_prompt.size()) - 1)),
      m_plainSampler(question.sampler),
      m_freeSampler(question.sampler),
      m_plainHistory(m_prompt),
      m_freeHistory(m_prompt) {}

std::uint32_t EditedAnswer::ownContext() const {
  const auto prompt = static_cast<std::uint32_t>(m_prompt.size());
  const std::uint32_t answer =
      std::max(m_question.maxTokens, static_cast<std::uint32_t>(m_question.answer.size()));
  constexpr std::uint32_t kBranches = 3;
  return 2 * prompt + kBranches * (answer + 2 * kPageCells);
}

/// In a session that was made anew.
void EditedAnswer::startOver() {
  m_branches.reset();
  m_plain.reset();
  m_lockstep.reset();
  m_free.reset();
  m_plainSampler = m_freeSampler = Sampler(m_question.sampler);
  m_plainHistory = m_freeHistory = m_prompt;
  m_original.clear();
  m_edited.clear();
}

/// The prompt without edits, then what the edits reach of it once more, with them; false when both are read.
Result<bool> EditedAnswer::readPrompt(Session& session) {
  if (m_branches && !m_branches->of(session)) startOver();
  if (!m_lockstep) {
    TRY(session.setEdits(std::make_shared<const Edits>()));
    if (TRY(readAgain(session, m_prompt))) return true;
    m_tokenizer = &session.tokenizer();
    m_branches = std::make_unique<Branches>(session);
    m_plain = TRY(m_branches->add(static_cast<std::uint32_t>(m_prompt.size()) - 1));
    m_lockstep = TRY(m_branches->add(m_firstEdited, m_question.edits));
    m_read = m_firstEdited;
  }
  const auto end = static_cast<std::uint32_t>(m_prompt.size()) - 1;
  if (m_read < end) {
    const std::uint32_t count = std::min(end - m_read, session.chunkTokens(kSharedBudget));
    const Branches::Piece piece{*m_lockstep, std::span(m_prompt).subspan(m_read, count),
                                Branches::Piece::Rows::none};
    TRY(m_branches->step({&piece, 1}, {}));
    m_read += count;
    return true;
  }
  if (!m_free) m_free = TRY(m_branches->fork(*m_lockstep, end));
  return false;
}

bool EditedAnswer::originalEnds() const {
  if (!m_question.answer.empty()) return m_original.size() == m_question.answer.size();
  if (m_original.empty()) return false;
  return m_original.size() >= m_question.maxTokens ||
         (!m_question.ignoreEnd && m_tokenizer->endsGeneration(m_original.back().token));
}

bool EditedAnswer::editedEnds() const {
  if (m_edited.empty()) return false;
  return m_edited.size() >= m_question.maxTokens ||
         (!m_question.ignoreEnd && m_tokenizer->endsGeneration(m_edited.back()));
}

/// One token of each answer that has not ended.
Result<void> EditedAnswer::writeToken() {
  const bool original = !originalEnds(), edited = !editedEnds();
  std::vector<Branches::Piece> pieces;
  if (original) {
    const std::span<const TokenId> last(&m_plainHistory.back(), 1);
    pieces.push_back({*m_plain, last});
    pieces.push_back({*m_lockstep, last});
  }
  if (edited) pieces.push_back({*m_free, {&m_freeHistory.back(), 1}});
  const StepResult result = TRY(m_branches->step(pieces, {.fullLogits = true}));
  if (original) {
    const LogitRow &plain = result.rows[0], &other = result.rows[1];
    Token token;
    token.token = m_question.answer.empty() ? m_plainSampler.sample(plain, m_plainHistory).token
                                            : m_question.answer[m_original.size()];
    const auto index = static_cast<std::size_t>(token.token);
    token.divergence = divergenceOf(plain.logits, other.logits).kl;
    token.logProbability = double{plain.logits[index]} - double{plain.logSumExp};
    token.editedLogProbability = double{other.logits[index]} - double{other.logSumExp};
    token.editedTop = other.top.front().token;
    m_original.push_back(token);
    m_plainHistory.push_back(token.token);
  }
  if (edited) {
    m_edited.push_back(m_freeSampler.sample(result.rows.back(), m_freeHistory).token);
    m_freeHistory.push_back(m_edited.back());
  }
  return {};
}

Result<bool> EditedAnswer::step(Session& session) {
  if (m_done) return false;
  if (TRY(readPrompt(session))) return true;
  TRY(writeToken());
  m_done = originalEnds() && editedEnds();
  if (m_done) m_branches.reset();
  return !m_done;
}

double EditedAnswer::progress() const {
  constexpr double kPrompt = 0.2;
  if (m_done) return 1;
  if (!m_free) return kPrompt * m_read / static_cast<double>(m_prompt.size());
  const std::size_t whole = std::max<std::size_t>(m_question.maxTokens, m_question.answer.size());
  return kPrompt + (1 - kPrompt) * static_cast<double>(std::max(m_original.size(), m_edited.size())) /
                       static_cast<double>(std::max<std::size_t>(whole, 1));
}

std::optional<std::size_t> EditedAnswer::firstDifference() const {
  for (std::size_t i = 0; i < std::min(m_original.size(), m_edited.size()); ++i)
    if (m_original[i].token != m_edited[i]) return i;
  return {};
}

double EditedAnswer::meanDivergence() const {
  double sum = 0;
  for (const Token& token : m_original) sum += token.divergence;
  return m_original.empty() ? 0 : sum / static_cast<double>(m_original.size());
}

}  // namespace cutaway
