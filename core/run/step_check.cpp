#include "core/run/step_check.h"

#include <algorithm>

namespace cutaway {
namespace {

template <class... Parts>
std::unexpected<Error> refuse(const Parts&... parts) {
  return fail(ErrorKind::badInput, "step: ", parts...);
}

Result<void> checkLengths(const Step& step, const Graph& graph, std::uint32_t maxTokens) {
  const std::size_t count = step.tokens.size();
  if (count == 0 || count > maxTokens) return refuse(count, " tokens, expected 1 to ", maxTokens);
  if (step.positions.size() != count || step.sequences.size() != count || step.wantLogits.size() != count)
    return refuse(count, " tokens with ", step.positions.size(), " positions, ", step.sequences.size(),
                  " sequences and ", step.wantLogits.size(), " wishes for logits");
  const std::size_t perSequence = step.pagesPerSequence;
  if (perSequence == 0 || step.pages.empty() || step.pages.size() % perSequence != 0)
    return refuse(step.pages.size(), " pages are no rows of ", perSequence);
  if (!step.targets.empty() && step.targets.size() != wantedRows(step))
    return refuse(step.targets.size(), " targets for ", wantedRows(step), " rows of logits");
  if (wantedRows(step) > 0 && graph.logits() == kNone) return refuse("the graph has no logits");
  return {};
}

Result<void> checkTokens(std::span<const TokenId> tokens, const Graph& graph, std::string_view what) {
  for (const TokenId token : tokens)
    if (token < 0 || static_cast<std::uint32_t>(token) >= graph.vocabulary)
      return refuse(what, " ", token, " is outside the vocabulary of ", graph.vocabulary);
  return {};
}

/// Pages are checked only as far as a token looks: entries behind may be unused.
Result<void> checkPlaces(const Step& step, const CacheShape& cache) {
  const std::size_t sequences = step.pages.size() / step.pagesPerSequence;
  std::vector<std::int32_t> latest(sequences, -1);
  std::vector<std::uint64_t> cells;
  for (std::size_t t = 0; t < step.tokens.size(); ++t) {
    const std::int32_t sequence = step.sequences[t], position = step.positions[t];
    if (sequence < 0 || static_cast<std::size_t>(sequence) >= sequences)
      return refuse("sequence ", sequence, " of ", sequences);
    if (position < 0 || static_cast<std::uint32_t>(position) / kPageCells >= step.pagesPerSequence)
      return refuse("position ", position, " is outside the ", step.pagesPerSequence,
                    " pages of its sequence");
    if (position <= latest[sequence])
      return refuse("position ", position, " comes after ", latest[sequence], " in sequence ", sequence);
    const auto pages =
        step.pages.subspan(sequence * std::size_t{step.pagesPerSequence}, step.pagesPerSequence);
    for (std::int32_t index = std::max(latest[sequence], 0) / static_cast<std::int32_t>(kPageCells);
         index <= position / static_cast<std::int32_t>(kPageCells); ++index)
      if (pages[index] < 0 || static_cast<std::uint32_t>(pages[index]) >= cache.pages)
        return refuse("page ", pages[index], " of ", cache.pages);
    latest[sequence] = position;
    cells.push_back(std::uint64_t{static_cast<std::uint32_t>(pages[position / kPageCells])} * kPageCells +
                    position % kPageCells);
  }
  std::ranges::sort(cells);
  if (const auto twice = std::ranges::adjacent_find(cells); twice != cells.end())
    return refuse("two tokens for cell ", *twice % kPageCells, " of page ", *twice / kPageCells);
  return {};
}

Result<void> checkTap(const Step& step, const Graph& graph, const Tap& tap) {
  if (tap.value < 0 || tap.value >= std::ssize(graph.values))
    return refuse("tap of value ", tap.value, " of ", graph.values.size());
  const ValueLayout layout = layoutOf(graph, tap.value);
  const std::string& name = graph.values[tap.value].name;
  const auto inside = [](std::uint64_t first, std::uint64_t count, std::uint64_t all) {
    return count == 0 ? first == 0 || first < all : first + count <= all;
  };
  const std::size_t rows = layout.wantedRows ? wantedRows(step) : step.tokens.size();
  if (!inside(tap.firstToken, tap.tokens, rows))
    return refuse("tap of ", tap.tokens, " tokens from ", tap.firstToken, " of ", name, ", which has ", rows);
  if (!inside(tap.firstHead, tap.heads, std::max(layout.heads, 1u)))
    return refuse("tap of ", tap.heads, " heads from ", tap.firstHead, " of ", name, ", which has ",
                  layout.heads);
  return {};
}

Result<void> checkInputs(const Step& step, const Graph& graph) {
  std::size_t at = 0;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::input) continue;
    const Value& value = graph.values[node.output];
    if (at == step.inputs.size() || step.inputs[at].value != node.output)
      return refuse(value.name, " is an input of the graph and was not given in its turn");
    const std::size_t expected = step.tokens.size() * layoutOf(graph, node.output).rowElements();
    if (step.inputs[at].rows.size() != expected)
      return refuse(step.inputs[at].rows.size(), " numbers for ", value.name, ", expected ", expected);
    ++at;
  }
  if (at < step.inputs.size())
    return refuse(step.inputs.size(), " inputs for a graph that takes ", at);
  return {};
}

}  // namespace

std::uint32_t wantedRows(const Step& step) {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(step.wantLogits, [](std::uint8_t want) { return want != 0; }));
}

std::uint32_t contextLength(const Step& step) {
  return step.positions.empty() ? 0 : static_cast<std::uint32_t>(std::ranges::max(step.positions)) + 1;
}

Result<void> checkStep(const Step& step, const Graph& graph, const CacheShape& cache,
                       std::uint32_t maxTokens) {
  TRY(checkLengths(step, graph, maxTokens));
  TRY(checkTokens(step.tokens, graph, "token"));
  TRY(checkTokens(step.targets, graph, "target"));
  TRY(checkPlaces(step, cache));
  TRY(checkInputs(step, graph));
  for (const Tap& tap : step.taps) TRY(checkTap(step, graph, tap));
  for (const Edit& edit : step.edits) TRY(validate(graph, edit));
  if (!step.editSequences.empty() && step.editSequences.size() != step.edits.size())
    return refuse(step.edits.size(), " edits for ", step.editSequences.size(), " sequences");
  return {};
}

}  // namespace cutaway
