// The archive of a session on a backend: patterns that follow from it, beside those of the run.
#pragma once

#include <numeric>

#include "support/slice_checks.h"

namespace cutaway::test {

/// Reads the text in chunks, with the archive on; then every layer's pattern, computed from it, must be the
/// run's.
inline void checkArchivedPatterns(Session& session, const std::vector<TokenId>& tokens, double tolerance) {
  const Graph& graph = session.model().description->graph();
  const auto size = static_cast<std::uint32_t>(tokens.size());
  const auto whole = wholeStep(session, tokens);
  session.setArchive(std::uint64_t{64} << 20);
  require(session.rewind(std::vector<TokenId>{}));
  for (std::uint32_t at = 0; at < size; at += 7)
    require(session.step(std::span(tokens).subspan(at, std::min(7u, size - at)), {}));
  REQUIRE(session.archive()->holds(0, size));
  std::vector<std::uint32_t> positions(size);
  std::iota(positions.begin(), positions.end(), 0u);
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer) {
    CAPTURE(layer);
    const ValueId given = session.archive()->values().at(layer);
    const ValueId pattern = graph.find(concat("blk.", layer, ".attn.pattern"));
    const Tap tap{pattern};
    const auto probe = require(session.compile(require(cutSlice(graph, {&given, 1}, {&pattern, 1})), size));
    const std::vector<float> rows = session.archive()->rows(given, positions);
    CHECK(difference(rows, whole.at(graph.values[given].name).data) <= tolerance);
    const StepInput input{given, rows};
    const auto found =
        require(session.run(*probe, {.tokens = size, .inputs = {&input, 1}, .taps = {&tap, 1}}));
    CHECK(difference(found.captures.at(0).data, whole.at(graph.values[pattern].name).data) <= tolerance);
  }
  session.setArchive(0);
}

}  // namespace cutaway::test
