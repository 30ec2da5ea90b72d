// Slices of a graph on a backend: what they compute from captured values is what the whole graph computed.
#pragma once

#include "core/graph/slice.h"
#include "support/inspect_checks.h"

namespace cutaway::test {

/// Everything of one step over all tokens.
inline std::map<std::string, Capture> wholeStep(Session& session, const std::vector<TokenId>& tokens) {
  const Graph& graph = session.model().description->graph();
  std::vector<Tap> taps;
  for (std::size_t value = 0; value < graph.values.size(); ++value)
    taps.push_back({static_cast<ValueId>(value)});
  require(session.rewind(std::vector<TokenId>{}));
  auto result = require(session.step(tokens, {.lastOnly = false, .taps = taps}));
  std::map<std::string, Capture> values;
  for (Capture& capture : result.captures)
    values.emplace(graph.values[capture.value].name, std::move(capture));
  return values;
}

struct SliceCase {
  std::vector<const char*> given, wanted;
  SliceCache cache = SliceCache::read;
};

/// Runs over positions [first, first + count) in steps of `stepTokens`; `whole` has N = all tokens.
inline void checkSlice(Session& session, const std::map<std::string, Capture>& whole,
                       const SliceCase& sliceCase, std::uint32_t first, std::uint32_t count,
                       std::uint32_t stepTokens, double tolerance) {
  const Graph& graph = session.model().description->graph();
  std::vector<ValueId> given, wanted;
  for (const char* name : sliceCase.given) given.push_back(graph.find(name));
  for (const char* name : sliceCase.wanted) wanted.push_back(graph.find(name));
  const auto probe =
      require(session.compile(require(cutSlice(graph, given, wanted, sliceCase.cache)), stepTokens));
  for (std::uint32_t at = first; at < first + count; at += stepTokens) {
    const std::uint32_t tokens = std::min(stepTokens, first + count - at);
    CAPTURE(at);
    std::vector<StepInput> inputs;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const Capture& value = whole.at(sliceCase.given[i]);
      const std::size_t row = value.data.size() / value.shape[0];
      inputs.push_back({given[i], std::span(value.data).subspan(at * row, tokens * row)});
    }
    std::vector<Tap> taps;
    for (const ValueId value : wanted) taps.push_back({value});
    const std::vector<std::uint8_t> want(tokens, 1);
    const bool logits = std::ranges::find(wanted, graph.logits()) != wanted.end();
    const auto result =
        require(session.run(*probe, {.first = at,
                                     .tokens = tokens,
                                     .inputs = inputs,
                                     .taps = taps,
                                     .wantLogits = logits ? want : std::vector<std::uint8_t>()}));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CAPTURE(sliceCase.wanted[i]);
      const Capture& all = whole.at(sliceCase.wanted[i]);
      const Capture& part = result.captures.at(i);
      CHECK(part.value == wanted[i]);
      std::vector<float> expected, found = part.data;
      if (graph.values[wanted[i]]
              .onDemand) {  // (H, T, N), N as far as the step looks; masked scores by their place
        REQUIRE(part.shape == std::vector<std::uint32_t>{all.shape[0], tokens, at + tokens});
        for (std::uint32_t head = 0; head < all.shape[0]; ++head)
          for (std::uint32_t row = 0; row < tokens; ++row)
            for (std::uint32_t key = 0; key < at + tokens; ++key)
              expected.push_back(
                  all.data[(head * all.shape[1] + at + row) * std::size_t{all.shape[2]} + key]);
        for (std::size_t k = 0; k < expected.size() && k < found.size(); ++k)
          if (std::isinf(expected[k]) && expected[k] == found[k]) expected[k] = found[k] = 0;
      } else {
        const std::size_t row = all.data.size() / all.shape[0];
        expected.assign(all.data.begin() + static_cast<std::ptrdiff_t>(at * row),
                        all.data.begin() + static_cast<std::ptrdiff_t>((at + tokens) * row));
      }
      CHECK(difference(found, expected) <= tolerance);
    }
  }
}

/// The slices that views cut, of a model of at least two layers; 12 tokens or more.
inline void checkSlices(Session& session, const std::vector<TokenId>& tokens, double tolerance) {
  const auto whole = wholeStep(session, tokens);
  const auto all = static_cast<std::uint32_t>(tokens.size());
  const std::uint32_t last = session.model().description->graph().layers - 1;
  const std::string before = concat("blk.", last - 1, ".resid_post"),
                    after = concat("blk.", last, ".resid_post"), query = concat("blk.", last, ".attn.q"),
                    pattern = concat("blk.", last, ".attn.pattern"),
                    scores = concat("blk.", last, ".attn.scores"), mix = concat("blk.", last, ".attn.z"),
                    middle = concat("blk.", last, ".resid_mid");
  const SliceCase cases[] = {
      {{before.c_str()}, {query.c_str()}},
      {{before.c_str()}, {pattern.c_str()}},
      {{before.c_str()}, {query.c_str(), scores.c_str(), pattern.c_str()}},
      {{before.c_str()}, {mix.c_str(), pattern.c_str(), after.c_str()}},
      {{before.c_str()}, {after.c_str(), "logits"}},
      {{after.c_str()}, {"final_norm", "logits"}},
      {{"embed"}, {"blk.0.attn.pattern"}},
      {{}, {"blk.0.attn.q", "blk.1.attn.pattern"}},
      {{query.c_str()}, {pattern.c_str()}},
      {{before.c_str(), mix.c_str()}, {pattern.c_str(), middle.c_str()}},
  };
  for (const SliceCase& sliceCase : cases) {
    CAPTURE(sliceCase.wanted.front());
    checkSlice(session, whole, sliceCase, 0, all, all, tolerance);
    checkSlice(session, whole, sliceCase, 3, 9, 4, tolerance);
    checkSlice(session, whole, sliceCase, all - 1, 1, 1, tolerance);
  }
  for (const std::uint32_t first : {0u, all - 5}) {
    CAPTURE(first);
    checkSlice(session, whole, {{before.c_str()}, {pattern.c_str(), "logits"}, SliceCache::write}, first,
               all - first, all, tolerance);
  }
}

/// A slice that stores keys and values does so in a branch, and a patched input acts there as an edit does.
inline void checkPatchedSlice(Session& session, const std::vector<TokenId>& tokens, double tolerance) {
  const Graph& graph = session.model().description->graph();
  const auto size = static_cast<std::uint32_t>(tokens.size());
  const ValueId given = graph.find("blk.0.resid_post"), logits = graph.logits();
  const Tap tap{logits};
  const auto whole = wholeStep(session, tokens);
  Capture patched = whole.at("blk.0.resid_post");
  const std::size_t row = patched.shape[1];
  for (std::size_t i = 0; i < row; ++i) patched.data[4 * row + i] *= -2;
  const auto probe =
      require(session.compile(require(cutSlice(graph, {&given, 1}, {&logits, 1}, SliceCache::write)), size));
  const StepInput input{given, std::span(patched.data).subspan(4 * row)};
  const std::vector<std::uint8_t> want(size - 4, 1);
  const auto found = require(session.run(
      *probe,
      {.first = 4, .tokens = size - 4, .inputs = {&input, 1}, .taps = {&tap, 1}, .wantLogits = want}));
  CHECK(session.tokens() == tokens);
  const auto again = require(session.again(size - 1, {.taps = {&tap, 1}}));  // the cache is as it was
  const std::vector<float> unpatched(whole.at("logits").data.end() - graph.vocabulary,
                                     whole.at("logits").data.end());
  CHECK(difference(again.captures.at(0).data, unpatched) <= tolerance);

  setEdits(session, "blk.0.resid_post[token=4]=scale:-2", size);
  const auto edited = wholeStep(session, tokens);
  const std::vector<float> expected(edited.at("logits").data.begin() + 4 * graph.vocabulary,
                                    edited.at("logits").data.end());
  CHECK(difference(found.captures.at(0).data, expected) <= tolerance);
  CHECK(difference(found.captures.at(0).data, {whole.at("logits").data.begin() + 4 * graph.vocabulary,
                                               whole.at("logits").data.end()}) > 0.1);
  require(session.setEdits(std::make_shared<const Edits>()));
}

}  // namespace cutaway::test
