#include "core/inspect/variants.h"

#include <algorithm>

#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr std::uint32_t kStepTokens = 512;  ///< of a step that a context is sized for

}  // namespace

Variants::Variants(std::vector<TokenId> text, std::vector<Variant> variants, const Options& options)
    : m_text(std::move(text)),
      m_variants(std::move(variants)),
      m_options(options),
      m_rows(m_variants.size()) {
  for (const Variant& variant : m_variants) m_tokens += variant.put.size() + m_text.size() - variant.resume;
}

std::uint32_t Variants::context(std::size_t textTokens) {
  constexpr std::uint32_t kVariants =
      32;  // each may divide a page at its start and leave one at its end unfilled
  const auto text = static_cast<std::uint32_t>(textTokens) + kPageCells;
  return text + std::max(text, kStepTokens) + kVariants * 2 * kPageCells;
}

/// Takes up variants while they fit in a step and in the cache; one at least.
Result<void> Variants::begin(Session& session, std::uint32_t budget) {
  std::size_t tokens = 0;
  while (m_begun < m_variants.size() && m_reading.size() < m_options.most) {
    const Variant& variant = m_variants[m_begun];
    std::vector<TokenId> rest = variant.put;
    rest.insert(rest.end(), m_text.begin() + variant.resume, m_text.end());
    if (!m_reading.empty() && tokens + rest.size() > budget) return {};
    const std::size_t room = session.freeCells();
    const bool fits = room >= tokens + rest.size() + 2 * kPageCells * (m_reading.size() + 1);
    if (!m_reading.empty() && !fits) return {};
    tokens += rest.size();
    const Branches::Id branch = TRY(m_branches->add(variant.kept, variant.edits));
    m_reading.push_back({m_begun++, branch, std::move(rest)});
  }
  return {};
}

Result<void> Variants::read(std::uint32_t budget) {
  std::vector<Branches::Piece> pieces;
  std::vector<std::size_t> finished;
  for (Reading& reading : m_reading) {
    const std::size_t count = std::min<std::size_t>(reading.rest.size() - reading.read, budget);
    if (count == 0) continue;
    const bool ends = reading.read + count == reading.rest.size();
    pieces.push_back({reading.branch, std::span(reading.rest).subspan(reading.read, count),
                      ends ? Branches::Piece::Rows::last : Branches::Piece::Rows::none});
    if (ends) finished.push_back(reading.variant);
    reading.read += count;
    budget -= static_cast<std::uint32_t>(count);
    m_done += count;
    if (budget == 0) break;
  }
  const std::vector<TokenId> targets(m_options.target < 0 ? 0 : finished.size(), m_options.target);
  auto result = TRY(m_branches->step(pieces, {.fullLogits = m_options.fullLogits, .targets = targets}));
  for (std::size_t i = 0; i < finished.size(); ++i) m_rows[finished[i]] = std::move(result.rows[i]);
  for (const Reading& reading : m_reading)
    if (reading.read == reading.rest.size()) m_branches->remove(reading.branch);
  std::erase_if(m_reading, [](const Reading& reading) { return reading.read == reading.rest.size(); });
  return {};
}

/// In a session that was made anew; variants end in their order, so that those in work come behind the finished ones.
void Variants::startOver() {
  if (!m_reading.empty()) m_begun = m_reading.front().variant;
  for (const Reading& reading : m_reading) m_done -= reading.read;
  m_reading.clear();
  m_branches.reset();
}

Result<bool> Variants::step(Session& session) {
  if (m_reading.empty() && m_begun == m_variants.size()) return false;
  if (m_branches && !m_branches->of(session)) startOver();
  const std::uint32_t budget = session.chunkTokens(kSharedBudget);
  if (m_reading.empty()) {
    TRY(session.setEdits(std::make_shared<const Edits>()));
    if (TRY(readAgain(session, m_text))) return true;
    if (!m_branches) m_branches = std::make_unique<Branches>(session);
    TRY(begin(session, budget));
  }
  TRY(read(budget));
  if (!m_reading.empty() || m_begun < m_variants.size()) return true;
  m_branches.reset();
  return false;
}

double Variants::progress() const {
  return m_tokens == 0 ? 1 : static_cast<double>(m_done) / static_cast<double>(m_tokens);
}

}  // namespace cutaway
