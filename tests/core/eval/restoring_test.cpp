#include "core/eval/restoring.h"

#include <filesystem>

#include "support/quantized_demo.h"

using namespace cutaway;

namespace {

struct TwoModels {
  test::QuantizedDemo quantized;
  std::shared_ptr<const Model> first, second;
  std::unique_ptr<Session> sessionOfFirst, sessionOfSecond;

  TwoModels() {
    const auto backend = createCpuBackend();
    const auto load = [&](const std::string& path) {
      return test::orFail(loadModel(test::orFail(describeModel(test::orFail(openModelFile(path)))), backend));
    };
    first = load(test::projectFile("resources/demo-model/demo-f16.gguf"));
    second = load(quantized.path());
    sessionOfFirst = test::orFail(Session::create(first, {.context = 64}));
    sessionOfSecond = test::orFail(Session::create(second, {.context = 64}));
  }

  std::unique_ptr<Restoring> ask(std::size_t tokens, Restoring::Question question, std::shared_ptr<void>& kept) const {
    auto made = test::orFail(Restoring::create(first, second, test::heldOut(tokens), std::move(question), kept));
    while (test::orFail(made->step(*sessionOfFirst, *sessionOfSecond))) {
    }
    kept = made->takeKept();
    REQUIRE(kept != nullptr);
    return std::unique_ptr<Restoring>(dynamic_cast<Restoring*>(made.release()));
  }
};

}  // namespace

TEST_CASE("questions about giving parts back go on from each other, in any order") {
  const TwoModels models;
  std::shared_ptr<void> kept;
  const auto classes = models.ask(48, {.ranked = Restoring::Parts::classes, .restored = {}, .path = {}}, kept);
  CHECK(classes->tokens() == 48);
  CHECK(classes->klOfSecond() > 0);
  CHECK(classes->measured().tensors.empty());
  CHECK(classes->measured().statistics.meanKl.value == doctest::Approx(classes->klOfSecond()));
  REQUIRE(classes->ranked().size() > 4);
  CHECK(classes->ranked()[0].gainPerMib() >= classes->ranked()[1].gainPerMib());

  // One class alone is what the ranking said of it; all of them leave nothing.
  const RestoredPart& best = classes->ranked().front();
  const auto one = models.ask(48, {.restored = {best.part.name}, .path = {}}, kept);
  CHECK(one->measured().statistics.meanKl.value == doctest::Approx(best.kl).epsilon(1e-6));
  CHECK(one->measured().bytes == one->bytesOfSecond() + static_cast<std::uint64_t>(best.part.bytes));
  CHECK(one->ranked().empty());
  Restoring::Question every{.restored = {}, .path = {}};
  for (const RestoredPart& part : classes->ranked()) every.restored.push_back(part.part.name);
  const auto all = models.ask(48, every, kept);
  CHECK(all->measured().statistics.meanKl.value == doctest::Approx(0).epsilon(1e-9));
  CHECK(all->measured().bytes == all->bytesOfFirst());

  // A budget changes what the meter starts from; what is asked then is measured from the second model again.
  const std::uint64_t budget = (classes->bytesOfFirst() + classes->bytesOfSecond()) / 2;
  const auto proposed = models.ask(48, {.restored = {}, .budget = budget, .path = {}}, kept);
  REQUIRE(proposed->measured().predictedKl);
  CHECK(proposed->measured().bytes <= budget);
  CHECK(proposed->measured().statistics.meanKl.value < classes->klOfSecond());
  CHECK(*proposed->measured().predictedKl == doctest::Approx(proposed->measured().statistics.meanKl.value).epsilon(0.25));
  const auto again = models.ask(48, {.restored = {best.part.name}, .path = {}}, kept);
  CHECK(again->measured().statistics.meanKl.value == doctest::Approx(best.kl).epsilon(1e-6));

  // Another text is read anew.
  const auto other = models.ask(40, {.restored = {}, .path = {}}, kept);
  CHECK(other->tokens() == 40);
}

TEST_CASE("a mix that was measured is written, and read again as what it was") {
  const TwoModels models;
  std::shared_ptr<void> kept;
  const std::string path = models.quantized.path() + ".mix.gguf";
  const auto mixed = models.ask(32, {.restored = {"down", "layer 1"}, .path = path}, kept);
  const ModelFile file = test::orFail(openModelFile(path));
  std::filesystem::remove(path);
  CHECK(file.find("blk.0.ffn_down.weight")->format == FormatId::f16);
  CHECK(file.find("blk.1.attn_q.weight")->format == FormatId::f16);
  CHECK(file.find("blk.0.attn_q.weight")->format == FormatId::q4_0);
  CHECK(mixed->measured().tensors.size() == 12);
}

TEST_CASE("an unknown part is refused with the nearest names") {
  const TwoModels models;
  const auto refused = Restoring::create(models.first, models.second, test::heldOut(32), {.restored = {"dawn"}, .path = {}}, nullptr);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("down") != std::string::npos);
}
