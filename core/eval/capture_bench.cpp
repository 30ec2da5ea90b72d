#include "core/eval/capture_bench.h"

#include <algorithm>

#include "core/inspect/value_store.h"

namespace cutaway {

CaptureBench::CaptureBench(Session& session, const BenchOptions& options,
                           std::span<const ValueSelection> selections)
    : m_session(&session), m_options(options) {
  const ModelDescription& model = *session.model().description;
  for (ValueSelection selection : selections) {
    selection.tokens = {};
    const auto taps = ValueStore(model.graph(), selection, ArrayType::f32, 1).taps(0, 1);
    m_taps.insert(m_taps.end(), taps.begin(), taps.end());
  }
  m_prompt = benchPrompt(options.prompt, model.config().vocabulary);
}

Result<bool> CaptureBench::step() {
  if (m_runs == m_options.repeats + 1) return false;
  if (!m_read) {
    TRY(readPrompt());
    return true;
  }
  if (m_turns.empty()) m_turns.push_back({.captured = m_runs % 2 == 1});
  TRY(writeToken(m_turns.back()));
  if (m_turns.back().written > m_options.generate) {
    if (m_turns.size() == 1)
      m_turns.push_back({.captured = !m_turns.front().captured});
    else
      finish();
  }
  return m_runs < m_options.repeats + 1;
}

Result<void> CaptureBench::readPrompt() {
  if (m_options.prompt == 0 || m_options.repeats == 0 || m_options.generate == 0)
    return fail(ErrorKind::usage,
                "a benchmark needs a prompt and an answer of at least 1 token and 1 repeat");
  if (benchContext(m_options) > m_session->context())
    return fail(ErrorKind::contextFull, "a prompt of ", m_options.prompt, " tokens and ", m_options.generate,
                " more do not fit a context of ", m_session->context());
  auto read = static_cast<std::uint32_t>(m_session->tokens().size());
  if (read >= m_prompt.size() || !std::ranges::equal(m_session->tokens(), std::span(m_prompt).first(read)))
    read = TRY(m_session->rewind(m_prompt));
  const auto left = static_cast<std::uint32_t>(m_prompt.size()) - read;
  const std::uint32_t count = std::min(left, m_session->chunkTokens(kAloneBudget));
  TRY(m_session->step(std::span(m_prompt).subspan(read, count), {}));
  m_read = count == left;
  return {};
}

/// Every turn begins with the last token of the prompt, which makes the first token and is not measured.
Result<void> CaptureBench::writeToken(Turn& turn) {
  if (turn.written == 0) {
    TRY(m_session->rewind(m_prompt));
    m_next = m_prompt.back();
  }
  const bool goesOn = turn.written < m_options.generate;
  const auto start = std::chrono::steady_clock::now();
  const StepResult result = TRY(m_session->step(
      {&m_next, 1}, {.taps = turn.captured ? std::span<const Tap>(m_taps) : std::span<const Tap>(),
                     .goesOn = goesOn,
                     .takesTop = true}));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (turn.written++ > 0) turn.seconds += took.count();
  m_next = result.rows.back().top.front().token;
  if (!turn.captured) return {};
  m_bytes = 0;
  for (const Capture& capture : result.captures) m_bytes += capture.data.size() * sizeof(float);
  return {};
}

void CaptureBench::finish() {
  if (m_runs++ > 0) {
    const auto rate = [&](bool captured) {
      const Turn& turn = m_turns[m_turns[0].captured == captured ? 0 : 1];
      return turn.seconds > 0 ? m_options.generate / turn.seconds : 0;
    };
    const double plain = rate(false), captured = rate(true);
    m_plainRates.push_back(plain);
    m_capturedRates.push_back(captured);
    m_ratios.push_back(plain > 0 ? captured / plain : 0);
  }
  m_turns.clear();
}

CaptureBenchResult CaptureBench::result() const {
  return {median(m_plainRates), median(m_capturedRates), median(m_ratios), m_bytes};
}

}  // namespace cutaway
