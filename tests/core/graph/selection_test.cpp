#include "core/graph/selection.h"

#include <doctest/doctest.h>

#include "core/arch/family.h"
#include "support/paths.h"

using namespace cutaway;

namespace {

/// 2 layers, 6 query heads, 2 key-value heads of width 16, 80 neurons, width 48.
const Graph& graph() {
  static const Architecture architecture =
      readArchitecture(openModelFile(test::projectFile("tests/oracles/families/qwen3.gguf")).value()).value();
  return architecture.graph;
}

constexpr SequenceSize kSequence{.prompt = 10, .most = 14};

/// "blk.0.attn.z[0:4;2;:]": what was understood.
std::string parsed(std::string_view text) {
  const auto selections = parseSelections(graph(), text, kSequence);
  if (!selections) return selections.error().message;
  std::string all;
  for (const ValueSelection& s : *selections)
    all += concat(all.empty() ? "" : " ", graph().values[s.value].name, "[", toString(s.tokens), ";",
                  toString(s.heads), ";", toString(s.columns), "]");
  return all;
}

}  // namespace

TEST_CASE("names with stars, lists and ranges of layers") {
  CHECK(parsed("logits") == "logits[:;:;:]");
  CHECK(parsed("blk.*.attn.pattern") == "blk.0.attn.pattern[:;:;:] blk.1.attn.pattern[:;:;:]");
  CHECK(parsed("blk.1,0.ffn.act,logits") == "blk.0.ffn.act[:;:;:] blk.1.ffn.act[:;:;:] logits[:;:;:]");
  CHECK(parsed("blk.0:2.resid_*") ==
        "blk.0.resid_mid[:;:;:] blk.0.resid_post[:;:;:] blk.1.resid_mid[:;:;:] blk.1.resid_post[:;:;:]");
  CHECK(parsed("blk.-1.attn.z").starts_with("there is no value blk.-1.attn.z; the nearest names are blk."));
  CHECK(parseSelections(graph(), "*", kSequence)->size() == graph().values.size());
  CHECK(parsed("blk.0.attn.z,blk.*.attn.z") == "blk.0.attn.z[:;:;:] blk.1.attn.z[:;:;:]");
}

TEST_CASE("parts by what a value's dimensions are called") {
  CHECK(parsed("blk.0.attn.pattern[head=2,3;token=0:12]") == "blk.0.attn.pattern[0:12;2:4;:]");
  CHECK(parsed("blk.0.attn.k[head=1;token=-1]") == "blk.0.attn.k[9;1;:]");
  CHECK(parsed("blk.1.ffn.act[neuron=5,79;token=12:]") == "blk.1.ffn.act[12:;:;5,79]");
  CHECK(parsed("blk.1.ffn.up[neuron=-1]") == "blk.1.ffn.up[:;:;79]");
  CHECK(parsed("blk.1.resid_post[dim=:4;token=3,1,2]") == "blk.1.resid_post[1:4;:;0:4]");
  CHECK(parsed("blk.1.attn.scores[key=0]") == "blk.1.attn.scores[:;:;0]");
}

TEST_CASE("what does not exist is named, with what does") {
  CHECK(parsed("blk.0.attn.patern") ==
        "there is no value blk.0.attn.patern; the nearest names are blk.0.attn.pattern, blk.1.attn.pattern, "
        "blk.0.attn.norm; \"graph\" lists them all");
  CHECK(parsed("blk.*.attn.patern")
            .starts_with("there is no value blk.*.attn.patern; the nearest names are blk.0.attn.pattern"));
  CHECK(parsed("blk.7.attn.z").find("blk.0.attn.z") != std::string::npos);
  CHECK(parsed("blk.1,7.attn.z") == "blk.1,7.attn.z: there is no layer 7; there are 2, 0 to 1");
  CHECK(parsed("blk.0.attn.z[head=6]") == "blk.0.attn.z: there is no head 6; there are 6, 0 to 5");
  CHECK(parsed("blk.0.attn.k[head=2]") == "blk.0.attn.k: there is no head 2; there are 2, 0 to 1");
  CHECK(parsed("blk.0.attn.z[token=5:15]") == "blk.0.attn.z: there is no token 15; there are 14, 0 to 13");
  CHECK(parsed("blk.0.attn.z[token=-11]") == "blk.0.attn.z: there is no token -11; there are 14, 0 to 13");
  CHECK(parsed("blk.0.resid_post[head=1]") == "blk.0.resid_post (T, 48) has no head; it has token, dim");
  CHECK(parsed("blk.0.attn.z[neuron=1]") == "blk.0.attn.z (T, 6, 16) has no neuron; it has token, head, dim");
  CHECK(parsed("blk.0.attn.z[token=4:4]").starts_with("blk.0.attn.z: the tokens 4:4 are none"));
}

TEST_CASE("what cannot be read is said") {
  for (const char* text :
       {"", "logits,", "logits[token=1", "logits[token]", "logits[]", "logits[token=]", "logits[token=a]",
        "logits[token=1:2:3]", "[head=1]", "logits[token=99999999999999999999]"}) {
    CAPTURE(text);
    const auto refused = parseSelections(graph(), text, kSequence);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::usage);
  }
  CHECK(parsed("logits[token=1],logits") ==
        "logits is selected twice, in different parts; name all of its parts in one selection");
}

TEST_CASE("indices know what lies below and between") {
  const Indices some{{{2, 4}, {7, 9}}};
  CHECK(some.contains(3));
  CHECK_FALSE(some.contains(4));
  CHECK(some.below(8) == 3);
  CHECK(some.within(3, 8) == std::vector<IndexRange>{{3, 4}, {7, 8}});
  CHECK(Indices{}.all());
  CHECK(Indices{}.below(5) == 5);
}
