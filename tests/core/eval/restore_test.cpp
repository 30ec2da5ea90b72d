#include "core/eval/restore.h"

#include <cmath>

#include "core/eval/comparison.h"
#include "support/fake_backend.h"
#include "support/quantized_demo.h"

using namespace cutaway;

namespace {

struct Pair {
  test::QuantizedDemo quantized;
  std::shared_ptr<const PrecisionPair> pair;

  explicit Pair(std::string_view part = "") : quantized(part) {
    const auto backend = createCpuBackend();
    const auto load = [&](const std::string& path) {
      return test::orFail(loadModel(test::orFail(describeModel(test::orFail(openModelFile(path)))), backend));
    };
    pair = test::orFail(PrecisionPair::create(
        load(test::projectFile("resources/demo-model/demo-f16.gguf")), load(quantized.path())));
  }

  std::unique_ptr<MixMeter> meter(std::size_t tokens, std::uint32_t context) const {
    auto meter = test::orFail(MixMeter::create(pair, test::heldOut(tokens), {.context = context}));
    while (test::orFail(meter->prepare())) {
    }
    return meter;
  }
  Mix only(std::string_view part) const {
    Mix mix = pair->allB();
    for (const WeightId weight : test::orFail(pair->part(part)).weights) mix[weight] = true;
    return mix;
  }
};

/// The KL of a mix, by two whole sessions.
double byComparison(const PrecisionPair& pair, const Mix& mix, std::size_t tokens, std::uint32_t context) {
  const auto a = test::exactSession(pair.a(), context), b = test::exactSession(pair.model(mix), context);
  auto comparison =
      test::orFail(Comparison::create(*a, *b, test::heldOut(tokens), {.windows = {.context = context}}));
  while (test::orFail(comparison.step())) {
  }
  return comparison.statistics().meanKl.value;
}

}  // namespace

TEST_CASE("what differs between two precisions is listed by tensor, layer and class") {
  const Pair pair;
  const PrecisionPair& p = *pair.pair;
  const std::uint32_t layers = p.graph().layers;
  CHECK(p.layers().size() == layers);
  CHECK(p.layers()[1].name == "layer 1");
  CHECK(p.layers()[1].weights.size() == 7);
  std::size_t inClasses = 0;
  std::int64_t bytes = 0;
  for (const RestorePart& part : p.classes()) {
    CHECK(part.name != "other");
    inClasses += part.weights.size();
  }
  for (const RestorePart& part : p.tensors()) bytes += part.bytes;
  CHECK(inClasses == p.tensors().size());
  CHECK(static_cast<std::int64_t>(p.fileBytes(p.allA()) - p.fileBytes(p.allB())) == bytes);
  CHECK(test::orFail(p.part("blk.2.ffn_down")).name == "blk.2.ffn_down.weight");
  CHECK(test::orFail(p.part("3")).name == "layer 3");
  CHECK(test::orFail(p.part("query")).weights.size() == layers);
  const auto unknown = p.part("blk.9.ffn_dawn");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("ffn_down") != std::string::npos);
  Mix changed = p.allB();
  CHECK(p.firstLayer(p.allB(), changed) == static_cast<std::int32_t>(layers) + 1);
  CHECK(p.firstLayer(p.allB(), pair.only("blk.2.ffn_down")) == 2);
  CHECK(p.firstLayer(p.allB(), pair.only("embedding")) == -1);
}

TEST_CASE("a mix has the KL of a whole run, wherever the run began") {
  const Pair pair;
  constexpr std::size_t kTokens = 150;
  constexpr std::uint32_t kContext = 64;
  const auto meter = pair.meter(kTokens, kContext);
  CHECK(statisticsOf(meter->placesOfB()).meanKl.value ==
        doctest::Approx(byComparison(*pair.pair, pair.pair->allB(), kTokens, kContext)).epsilon(1e-6));
  for (const char* part : {"blk.0.attn_q", "blk.3.ffn_down", "layer 5", "value", "embedding"}) {
    CAPTURE(part);
    const Mix mix = pair.only(part);
    const double kl = test::orFail(meter->measure(mix)).meanKl.value;
    CHECK(meter->firstLayer() == pair.pair->firstLayer(pair.pair->allB(), mix));
    CHECK(kl == doctest::Approx(byComparison(*pair.pair, mix, kTokens, kContext)).epsilon(1e-6));
  }
  CHECK(test::orFail(meter->measure(pair.pair->allA())).largestKl < 1e-9);
}

TEST_CASE("what is kept becomes the base, and a run that was dropped leaves nothing wrong behind") {
  const Pair pair;
  const auto meter = pair.meter(100, 50);
  const Mix late = pair.only("layer 4"), early = pair.only("layer 1");
  Mix both = late;
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = late[i] || early[i];
  const double lateKl = test::orFail(meter->measure(late)).meanKl.value;
  const double bothKl = test::orFail(meter->measure(both)).meanKl.value;
  CHECK(lateKl != bothKl);
  CHECK(test::orFail(meter->measure(early, true)).places == 98);
  CHECK(meter->base() == early);
  CHECK(test::orFail(meter->measure(both)).meanKl.value == doctest::Approx(bothKl).epsilon(1e-9));
  CHECK(meter->firstLayer() == 4);
  REQUIRE(meter->begin(pair.pair->allB(), true));
  REQUIRE(test::orFail(meter->step()));  // and no further
  CHECK(test::orFail(meter->measure(late)).meanKl.value == doctest::Approx(lateKl).epsilon(1e-9));
  CHECK(meter->firstLayer() <= 1);
}

TEST_CASE("a ranking restores every part alone") {
  const Pair pair;
  const auto meter = pair.meter(64, 64);
  RestoreRanking ranking(*meter, pair.pair->classes());
  double before = 0;
  while (test::orFail(ranking.step())) {
    CHECK(ranking.progress() >= before);
    before = ranking.progress();
  }
  REQUIRE(ranking.parts().size() == pair.pair->classes().size());
  const auto ranked = ranking.ranked();
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    CHECK(ranked[i].gain == doctest::Approx(ranking.klOfB() - ranked[i].kl));
    if (i > 0) CHECK(ranked[i - 1].gainPerMib() >= ranked[i].gainPerMib());
  }
  CHECK(ranked.front().gain > 0);
}

TEST_CASE("the solver predicts what its mixes measure, and writes them" * doctest::skip(test::kSanitized)) {
  const Pair pair;
  const auto meter = pair.meter(384, 96);
  RestoreSolver solver(*meter);
  while (test::orFail(solver.step())) {
  }
  const std::uint64_t least = pair.pair->fileBytes(pair.pair->allB()), most = pair.pair->fileBytes(pair.pair->allA());
  double before = solver.klOfB();
  // Between the budgets that the solver measures by itself.
  for (const double share : {0.03, 0.15, 0.25, 0.5}) {
    CAPTURE(share);
    const auto budget = static_cast<std::uint64_t>(static_cast<double>(least) + share * static_cast<double>(most - least));
    MixProposal proposal = test::orFail(solver.propose(budget));
    CHECK(proposal.bytes <= budget);
    CHECK(proposal.bytes > least);
    REQUIRE(solver.measure(proposal));
    const double measured = proposal.measured->meanKl.value;
    MESSAGE("budget ", budget, " bytes ", proposal.bytes, ": predicted ", proposal.predictedKl, ", measured ", measured);
    CHECK(std::abs(proposal.predictedKl - measured) <= 0.25 * measured);
    CHECK(measured < before);
    before = measured;
  }
  const auto tooSmall = solver.propose(least - 1);
  REQUIRE_FALSE(tooSmall);
  CHECK(tooSmall.error().message.find("is less than the coarse precision's own") != std::string::npos);
  CHECK(test::orFail(solver.propose(most)).predictedKl == doctest::Approx(0));
}

TEST_CASE("a mix is written as a file that has each tensor as it was") {
  const Pair pair("ffn_down");
  Mix mix = pair.pair->allB();
  mix[test::orFail(pair.pair->part("blk.1.ffn_down")).weights.front()] = true;
  const std::string path = pair.quantized.folder() + "/mix.gguf";
  REQUIRE(writeMix(*pair.pair, mix, path));
  const ModelFile written = test::orFail(openModelFile(path));
  CHECK(written.find("blk.1.ffn_down.weight")->format == FormatId::f16);
  CHECK(written.find("blk.2.ffn_down.weight")->format == FormatId::q4_0);
  const auto again = test::loadOnCpu(path);
  const auto a = test::exactSession(again, 64), b = test::exactSession(pair.pair->model(mix), 64);
  auto comparison = test::orFail(Comparison::create(*a, *b, test::heldOut(60), {}));
  while (test::orFail(comparison.step())) {
  }
  CHECK(comparison.statistics().largestKl == 0);
}

TEST_CASE("a simulated precision takes what its scheme would take") {
  ModelFile file;
  const TensorInfo down{.name = "blk.0.ffn_down.weight", .shape = {64, 32}, .bytes = 4 * 64 * 32};
  const TensorInfo norm{.name = "blk.0.ffn_norm.weight", .shape = {32}, .bytes = 4 * 32};
  const TensorInfo embedding{.name = "token_embd.weight", .shape = {100, 32}, .bytes = 2 * 100 * 32};
  file.tensors = {down, norm, embedding};
  CHECK(storedBytes(file) == down.bytes + norm.bytes + embedding.bytes);
  file.metadata.set("cutaway.simulated", {MetaType::string, std::string("int4:g64")});
  file.metadata.set("cutaway.simulated.bits_per_weight", {MetaType::f64, 4.5});
  CHECK(storedBytes(file, down) == 64 * 32 * 9 / 16);
  CHECK(storedBytes(file, norm) == norm.bytes);
  CHECK(storedBytes(file, embedding) == embedding.bytes);
  file.metadata.set("cutaway.simulated", {MetaType::string, std::string("int4:g64:all")});
  CHECK(storedBytes(file, embedding) == 100 * 32 * 9 / 16);
}

TEST_CASE("what are no two precisions of one model is refused") {
  const auto demo = test::demoModel();
  const auto alone = PrecisionPair::create(demo, demo);
  REQUIRE_FALSE(alone);
  CHECK(alone.error().message.find("have the same weights") != std::string::npos);
  const auto elsewhere = PrecisionPair::create(demo, test::demoModel());
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().message.find("on different devices") != std::string::npos);
}
