#include "core/run/branches.h"

#include <algorithm>

namespace cutaway {

Branches::Branches(Session& session) : m_session(&session), m_model(session.m_model), m_cache(session.m_cache) {}

Branches::~Branches() { clear(); }

Result<Branches::Id> Branches::add(std::uint32_t length, std::shared_ptr<const Edits> edits) {
  if (edits)
    for (const Edit& edit : *edits) TRY(validate(m_session->model().description->graph(), edit));
  if (!m_session->m_standing->empty()) edits = joined(*m_session->m_standing, edits ? *edits : Edits());
  const SequenceId sequence = TRY(m_cache->fork(m_session->m_sequence, length));
  m_branches.emplace(m_next, Branch{sequence, std::move(edits)});
  return m_next++;
}

Result<Branches::Id> Branches::fork(Id from, std::uint32_t length) {
  const Branch& parent = m_branches.at(from);
  const SequenceId sequence = TRY(m_cache->fork(parent.sequence, length));
  m_branches.emplace(m_next, Branch{sequence, parent.edits});
  return m_next++;
}

void Branches::remove(Id branch) {
  const auto found = m_branches.find(branch);
  if (found == m_branches.end()) return;
  m_cache->remove(found->second.sequence);
  m_branches.erase(found);
}

void Branches::clear() {
  for (const auto& [id, branch] : m_branches) m_cache->remove(branch.sequence);
  m_branches.clear();
}

/// Cells for all pieces, or for none.
Result<void> Branches::appendAll(std::span<const Piece> pieces) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    auto room = m_cache->append(m_branches.at(pieces[i].branch).sequence, pieces[i].tokens);
    if (room) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const SequenceId sequence = m_branches.at(pieces[j].branch).sequence;
      const std::size_t held = m_cache->tokens(sequence).size();
      m_cache->truncate(sequence, static_cast<std::uint32_t>(held - pieces[j].tokens.size()));
    }
    return room;
  }
  return {};
}

Result<StepResult> Branches::step(std::span<const Piece> pieces, const Wanted& wanted) {
  m_session->dropFollower();
  TRY(appendAll(pieces));
  std::vector<TokenId> tokens;
  std::vector<std::int32_t> positions, sequences, pages, editSequences;
  std::vector<std::uint8_t> wantLogits;
  Edits edits;
  std::size_t pagesPerSequence = 0;
  for (const Piece& piece : pieces)
    pagesPerSequence =
        std::max(pagesPerSequence, m_cache->pages(m_branches.at(piece.branch).sequence).size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    const Branch& branch = m_branches.at(piece.branch);
    const std::size_t end = m_cache->tokens(branch.sequence).size(), count = piece.tokens.size();
    for (std::size_t t = 0; t < count; ++t) {
      tokens.push_back(piece.tokens[t]);
      positions.push_back(static_cast<std::int32_t>(end - count + t));
      sequences.push_back(static_cast<std::int32_t>(i));
      const bool last = piece.rows == Piece::Rows::last && t + 1 == count;
      wantLogits.push_back(piece.rows == Piece::Rows::all || last ? 1 : 0);
    }
    const auto own = m_cache->pages(branch.sequence);
    pages.insert(pages.end(), own.begin(), own.end());
    pages.resize((i + 1) * pagesPerSequence, own.empty() ? 0 : own.back());
    if (!branch.edits) continue;
    for (const Edit& edit : *branch.edits) {
      if (!edit.on) continue;
      edits.push_back(edit);
      editSequences.push_back(static_cast<std::int32_t>(i));
    }
  }
  const auto begin = std::chrono::steady_clock::now();
  auto result = m_session->m_plan->run({.tokens = tokens,
                                        .positions = positions,
                                        .sequences = sequences,
                                        .wantLogits = wantLogits,
                                        .pages = pages,
                                        .pagesPerSequence = static_cast<std::uint32_t>(pagesPerSequence),
                                        .targets = wanted.targets,
                                        .fullLogits = wanted.fullLogits,
                                        .taps = wanted.taps,
                                        .edits = edits,
                                        .editSequences = editSequences});
  if (result) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    m_session->m_chunks.record(static_cast<std::uint32_t>(tokens.size()), took.count());
    return result;
  }
  for (const Piece& piece : pieces) {
    const SequenceId sequence = m_branches.at(piece.branch).sequence;
    const std::size_t held = m_cache->tokens(sequence).size();
    m_cache->truncate(sequence, static_cast<std::uint32_t>(held - piece.tokens.size()));
  }
  return result;
}

}  // namespace cutaway
