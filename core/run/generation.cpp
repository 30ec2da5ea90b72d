#include "core/run/generation.h"

#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double rate(double tokens, double seconds) { return tokens > 0 && seconds > 0 ? tokens / seconds : 0; }

}  // namespace

const char* stopReasonName(StopReason reason) {
  static constexpr const char* kNames[] = {"none", "eos", "length", "stop", "cancelled", "length"};
  return kNames[static_cast<std::size_t>(reason)];
}

double GenerationStats::promptRate() const { return rate(promptTokens - reusedTokens, promptSeconds); }

double GenerationStats::generateRate() const { return rate(generatedTokens - 1.0, generateSeconds); }

Generation::Generation(Session& session, std::vector<TokenId> prompt, const GenerationOptions& options)
    : m_session(session),
      m_prompt(std::move(prompt)),
      m_history(m_prompt),
      m_options(options),
      m_sampler(options.sampler),
      m_stops(options.stopStrings) {
  m_stats.promptTokens = static_cast<std::uint32_t>(m_prompt.size());
}

Result<Generation::State> Generation::step() {
  if (m_state == State::done) return m_state;
  auto next = [&]() -> Result<State> {
    if (!m_begun) TRY(begin());
    if (m_state == State::reading) return readPrompt();
    const auto result = TRY(m_session.step(std::span(m_tokens).last(1), wanted()));
    return writeToken(result.rows.front());
  }();
  if (!next) {
    end(StopReason::none);
    return next;
  }
  m_state = *next;
  return m_state;
}

void Generation::cancel() {
  if (m_state != State::done) end(StopReason::cancelled);
}

std::vector<TokenEvent> Generation::takeEvents() { return std::exchange(m_events, {}); }

Result<void> Generation::begin() {
  m_start = Clock::now();
  TRY(validate(m_options.sampler));
  if (m_prompt.empty())
    return fail(ErrorKind::usage, "the prompt is empty: there is nothing to continue from");
  m_read = m_stats.reusedTokens = TRY(m_session.rewind(m_prompt));
  m_begun = true;
  return {};
}

Result<Generation::State> Generation::readPrompt() {
  const auto start = Clock::now();
  const auto left = static_cast<std::uint32_t>(m_prompt.size()) - m_read;
  const std::uint32_t count = std::min(left, m_session.chunkTokens(m_options.chunkBudget));
  const auto chunk = std::span(m_prompt).subspan(m_read, count);
  const auto result = TRY(m_session.step(chunk, count == left ? wanted() : Session::Wanted{}));
  m_read += count;
  m_stats.promptSeconds += secondsSince(start);
  if (count < left) return State::reading;
  return writeToken(result.rows.front());
}

Result<Generation::State> Generation::writeToken(const LogitRow& row) {
  const Sampled sampled = m_sampler.sample(row, m_history);
  if (sampled.token < 0 || std::isnan(row.logSumExp))
    return fail(ErrorKind::badInput, "the model produced NaN at position ", m_session.tokens().size() - 1,
                "; its weights are damaged, or the device's numbers overflow: another device or an F32 cache "
                "may work");
  m_tokens.push_back(sampled.token);
  m_history.push_back(sampled.token);
  if (m_tokens.size() == 1) {
    m_firstToken = Clock::now();
    m_stats.timeToFirstToken = std::chrono::duration<double>(m_firstToken - m_start).count();
  }
  m_stats.generatedTokens = static_cast<std::uint32_t>(m_tokens.size());
  m_stats.generateSeconds = secondsSince(m_firstToken);
  m_events.push_back(makeEvent(row, sampled));
  if (m_options.rowSeen) m_options.rowSeen(sampled.token, row);
  const StopReason reason = reasonAfter(sampled.token);
  if (reason == StopReason::none) return State::writing;
  m_events.back().text += heldText();
  end(reason);
  return State::done;
}

TokenEvent Generation::makeEvent(const LogitRow& row, const Sampled& sampled) {
  TokenEvent event;
  event.token = sampled.token;
  event.text = m_stops.append(m_stream.append(m_session.tokenizer().piece(sampled.token)));
  event.probability = sampled.probability;
  event.entropy = row.entropy;
  const std::size_t count = std::min<std::size_t>(m_options.alternatives, row.top.size());
  for (const TokenLogit& top : std::span(row.top).first(count))
    event.alternatives.push_back({top.token, std::exp(top.logit - row.logSumExp)});
  return event;
}

StopReason Generation::reasonAfter(TokenId token) const {
  if (!m_options.ignoreEnd && m_session.tokenizer().endsGeneration(token)) return StopReason::eos;
  if (m_stops.matched()) return StopReason::stop;
  if (m_options.maxTokens > 0 && m_tokens.size() >= m_options.maxTokens) return StopReason::length;
  if (m_session.tokens().size() >= m_session.context()) return StopReason::contextFull;
  return StopReason::none;
}

void Generation::end(StopReason reason) {
  m_reason = reason;
  m_state = State::done;
  m_session.rest();
  const std::string held = heldText();
  if (held.empty()) return;
  TokenEvent event;
  event.text = held;
  m_events.push_back(std::move(event));
}

/// The text that waited for the rest of a character or of a stop string; nothing once a stop string has
/// matched.
std::string Generation::heldText() {
  std::string text = m_stops.append(m_stream.finish());
  return text + m_stops.finish();
}

Session::Wanted Generation::wanted() const {
  // After the token that this step makes, another one is wanted.
  const bool goesOn = m_options.maxTokens == 0 || m_tokens.size() + 1 < m_options.maxTokens;
  const bool fullLogits = m_sampler.needsFullLogits() || m_options.rowSeen != nullptr;
  return {.fullLogits = fullLogits, .goesOn = goesOn, .takesTop = m_sampler.takesTop()};
}

}  // namespace cutaway
