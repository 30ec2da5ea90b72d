#include "core/eval/row_reader.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr std::uint32_t kFullLogitsChunk = 16;  ///< rows of a whole vocabulary are large

}  // namespace

RowReader::RowReader(Session& session, std::vector<TokenId> tokens, const RowReaderOptions& options)
    : m_session(&session), m_tokens(std::move(tokens)), m_targets(m_tokens), m_options(options) {
  if (!m_targets.empty()) std::rotate(m_targets.begin(), m_targets.begin() + 1, m_targets.end());
}

Result<bool> RowReader::step(const Visitor& visit) {
  if (m_read == m_tokens.size()) return false;
  if (m_read == 0) {
    TRY(m_session->rewind(m_tokens));
    TRY(m_session->rewind({}));
  }
  const std::uint32_t count = chunk();
  const bool wanted = m_read >= m_options.firstRow;
  Session::Wanted want{.lastOnly = !wanted, .fullLogits = wanted && m_options.fullLogits};
  if (wanted) want.targets = std::span(m_targets).subspan(m_read, count);
  const StepResult result = TRY(m_session->step(std::span(m_tokens).subspan(m_read, count), want));
  if (wanted)
    for (std::size_t i = 0; i < count; ++i) visit(m_read + i, result.rows[i]);
  m_read += count;
  return m_read < m_tokens.size();
}

/// Ends where wanted rows begin, so that a chunk is either wanted whole or not at all.
std::uint32_t RowReader::chunk() {
  const bool wanted = m_read >= m_options.firstRow;
  const std::size_t end = wanted ? m_tokens.size() : std::min(m_options.firstRow, m_tokens.size());
  std::uint32_t count = m_session->chunkTokens(kAloneBudget);
  if (wanted && m_options.fullLogits) count = std::min(count, kFullLogitsChunk);
  return static_cast<std::uint32_t>(std::min<std::size_t>(count, end - m_read));
}

}  // namespace cutaway
