#include "core/inspect/live_lens.h"

#include <numeric>

namespace cutaway {

LiveLens::LiveLens(const Graph& graph, double most) : m_most(most) {
  if (const auto values = lensValues(graph))
    for (const ValueId value : *values) m_taps.push_back({.value = value});
}

void LiveLens::setOn(bool on) {
  if (on == m_on) return;
  m_on = on;
  m_states.clear();
  m_skipped = 0;
  m_since = Clock::now();
  m_spent = {};
  if (!on) m_probe.reset();
}

std::span<const Tap> LiveLens::taps(std::uint32_t, std::uint32_t count, bool again) {
  if (!m_on || again) return {};
  for (Tap& tap : m_taps) {
    tap.firstToken = count - 1;
    tap.tokens = count > 1 ? 1 : 0;
  }
  return m_taps;
}

void LiveLens::captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) {
  m_skipped += m_states.empty() ? 0 : 1;
  m_states.clear();
  for (const Capture& row : captures) m_states.insert(m_states.end(), row.data.begin(), row.data.end());
  m_position = first + count - 1;
}

void LiveLens::truncated(std::uint32_t length) {
  if (m_position >= length) m_states.clear();
}

/// Nothing in the slice looks at other tokens, so that all rows of one token are read as that many tokens in one step.
Result<LiveLensColumn> LiveLens::lookNow(Session& session) {
  const auto rows = static_cast<std::uint32_t>(m_taps.size());
  if (m_session != &session || !m_probe) {
    m_probe = TRY(compileLens(session, rows));
    m_session = &session;
  }
  const auto cached = static_cast<std::uint32_t>(session.tokens().size());
  const std::size_t width = m_states.size() / rows;
  LiveLensColumn column{m_position, std::vector<LensCell>(rows)};
  std::vector<float> final;
  const std::vector<std::uint8_t> every(rows, 1);
  for (std::uint32_t left = rows; left > 0;) {  // from the last layer down: the others are compared with it
    const std::uint32_t count = std::min(left, cached);
    const StepInput input{m_probe->slice().inWhole.at(m_probe->slice().inputs.front()),
                          std::span(m_states).subspan((left - count) * width, count * width)};
    const StepResult result = TRY(session.run(*m_probe, {.tokens = count,
                                                         .inputs = {&input, 1},
                                                         .wantLogits = std::span(every).first(count),
                                                         .fullLogits = true}));
    if (final.empty()) final = logProbabilities(result.rows.back());
    for (std::uint32_t i = 0; i < count; ++i) column.cells[left - count + i] = lensCell(result.rows.at(i), final);
    left -= count;
  }
  return column;
}

Result<std::optional<LiveLensColumn>> LiveLens::look(Session& session) {
  const auto now = Clock::now();
  if (!m_on || m_states.empty() || m_spent > m_most * (now - m_since)) return std::nullopt;
  auto column = lookNow(session);
  m_states.clear();
  m_spent += Clock::now() - now;
  if (!column) return std::unexpected(std::move(column).error());
  return std::optional(std::move(*column));
}

}  // namespace cutaway
