#include "core/graph/edit.h"

#include <algorithm>

namespace cutaway {

Result<void> validate(const Graph& graph, const Edit& edit) {
  if (edit.value < 0 || edit.value >= std::ssize(graph.values))
    return fail(ErrorKind::badInput, "edit of value ", edit.value, " of ", graph.values.size());
  const Value& value = graph.values[edit.value];
  if (value.onDemand)
    return fail(ErrorKind::badInput, value.name,
                " is computed only when it is asked for and cannot be edited; q, k and ",
                "v before it and z behind it can");
  const ValueLayout layout = layoutOf(graph, edit.value);
  const std::uint64_t elements = pieceElements(rowPieces(layout, edit.heads, edit.columns));
  if (elements == 0) return fail(ErrorKind::badInput, "edit of ", value.name, ": no entry of it is chosen");
  if (edit.added.size() != edit.addedRows * elements)
    return fail(ErrorKind::badInput, "edit of ", value.name, ": ", edit.added.size(), " numbers for ",
                edit.addedRows, " rows of ", elements);
  const std::uint32_t tokens = edit.tokens.below(IndexRange::kOpen);
  if (edit.addedRows > 1 && tokens != edit.addedRows)
    return fail(ErrorKind::badInput, "edit of ", value.name, ": ", edit.addedRows, " rows for ", tokens,
                " tokens");
  return {};
}

std::shared_ptr<const Edits> joined(const Edits& first, const Edits& then) {
  auto on = std::make_shared<Edits>();
  for (const Edits* edits : {&first, &then}) std::ranges::copy_if(*edits, std::back_inserter(*on), &Edit::on);
  return on;
}

bool reachEveryToken(const Edits& edits) {
  return std::ranges::all_of(edits, [](const Edit& edit) {
    return !edit.on || (edit.tokens.all() && edit.addedRows <= 1);
  });
}

std::uint32_t firstAffected(const Graph& graph, const Edits& before, const Edits& after) {
  const auto acts = [&graph](const Edit& edit) {
    return edit.on &&
           graph.values[edit.value].shape.front() != Dim::wanted();  // nothing behind those is cached
  };
  std::vector<const Edit*> a, b;
  for (const Edit& edit : before)
    if (acts(edit)) a.push_back(&edit);
  for (const Edit& edit : after)
    if (acts(edit)) b.push_back(&edit);
  const auto same = [](const Edit* x, const Edit* y) { return *x == *y; };
  const auto [firstA, firstB] = std::ranges::mismatch(a, b, same);
  std::uint32_t first = IndexRange::kOpen;
  for (const auto& rest : {std::vector(firstA, a.end()), std::vector(firstB, b.end())})
    for (const Edit* edit : rest)
      if (!edit->tokens.ranges.empty()) first = std::min(first, edit->tokens.ranges.front().first);
  return first;
}

RowEdit::RowEdit(const Graph& graph, const Edit& edit)
    : m_edit(edit),
      m_pieces(rowPieces(layoutOf(graph, edit.value), edit.heads, edit.columns)),
      m_elements(pieceElements(m_pieces)) {}

const float* RowEdit::added(std::uint32_t position) const {
  if (m_edit.addedRows == 0) return nullptr;
  const std::size_t row = m_edit.addedRows == 1 ? 0 : m_edit.tokens.below(position);
  return m_edit.added.data() + row * m_elements;
}

void RowEdit::apply(float* row, std::uint32_t position) const {
  if (!m_edit.on || !m_edit.tokens.contains(position)) return;
  const float* from = added(position);
  for (const RowPiece& piece : m_pieces) {
    float* at = row + piece.offset;
    for (std::uint32_t i = 0; i < piece.count; ++i) {
      if (m_edit.keep == 0)
        at[i] = from != nullptr ? from[i] : 0.0f;
      else
        at[i] = from != nullptr ? m_edit.keep * at[i] + from[i] : m_edit.keep * at[i];
    }
    if (from != nullptr) from += piece.count;
  }
}

}  // namespace cutaway
