// Strong neurons, and what tells two sets of examples apart, on the CPU: against transformers, numpy and
// scikit-learn.
#include "core/inspect/concept.h"

#include "core/cpu/cpu_backend.h"
#include "core/inspect/neurons.h"
#include "support/causal_checks.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr double kTolerance = 1e-4;

std::unique_ptr<Concept> conceptOf(Session& session, const Concept::Question& question) {
  auto found = require(Concept::create(session.model(), question));
  require(finish(*found, session));
  CHECK(found->progress() == 1);
  return found;
}

}  // namespace

TEST_CASE("the strongest neurons, what they pushed and the words they raise are numpy's") {
  for (const std::string name : kCausalModels) {
    CAPTURE(name);
    const auto oracle = causalOracle(name);
    const auto session = causalSession(createCpuBackend(2), name);
    const auto found = require(Neurons::create(session->model(), oracle.at("tokens"),
                                               {.token = oracle.at("word"), .neurons = 8, .words = 3}));
    require(finish(*found, *session));
    CHECK(found->progress() == 1);
    REQUIRE(found->neurons().size() == oracle.at("neurons").size());
    for (std::size_t i = 0; i < found->neurons().size(); ++i) {
      const Neurons::Neuron& neuron = found->neurons()[i];
      const auto& expected = oracle.at("neurons")[i];
      CHECK(neuron.layer == expected.at("layer"));
      CHECK(neuron.index == expected.at("index"));
      checkClose(neuron.activation, expected.at("activation"), kTolerance);
      checkClose(neuron.strength, expected.at("strength"), kTolerance);
      checkClose(neuron.push, expected.at("push"), kTolerance);
      checkClose(double{neuron.words.front().logit}, expected.at("raised"), kTolerance);
      for (std::size_t j = 0; j < 3; ++j) CHECK(neuron.words[j].token == expected.at("words")[j]);
    }
  }
}

TEST_CASE("probes of every layer, steering vectors and separating neurons are scikit-learn's and numpy's") {
  for (const std::string name : kCausalModels) {
    CAPTURE(name);
    const auto expected = causalOracle(name).at("concept");
    const auto session = causalSession(createCpuBackend(2), name);
    const auto found =
        conceptOf(*session, {expected.at("with"), expected.at("without"), expected.at("folds"), 6});
    REQUIRE(found->layers().size() == expected.at("accuracy").size());
    for (std::size_t layer = 0; layer < found->layers().size(); ++layer) {
      CHECK(found->layers()[layer].accuracy == doctest::Approx(expected.at("accuracy")[layer].get<double>()));
      CHECK(found->layers()[layer].spread == doctest::Approx(expected.at("spread")[layer].get<double>()));
      CHECK(difference(found->layers()[layer].steering, expected.at("steering")[layer]) < kTolerance);
    }
    CHECK(found->chance() == doctest::Approx(9.0 / 17));
    CHECK(found->chanceSpread() == doctest::Approx(std::sqrt(9.0 * 8 / 17 / 17 / 17)));
    REQUIRE(found->neurons().size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(found->neurons()[i].index == expected.at("neurons")[i].at("index"));
      checkClose(found->neurons()[i].separation, expected.at("neurons")[i].at("separation"), 1e-3);
    }
  }
}

TEST_CASE("questions and commands are told apart in the demo model, and their direction steers") {
  const auto session =
      inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 64, 256);
  const Tokenizer& tokenizer = session->tokenizer();
  Concept::Question question;
  for (const char* name : {"Mary", "John", "Anna", "Paul", "Nora", "Tom"}) {
    question.with.push_back(
        tokenizer.encode(concat("The capital of Italy is Rome. ", name, " has the ball."), true, true));
    question.without.push_back(
        tokenizer.encode(concat("When ", name, " and Mia went to the store, Mia"), true, true));
  }
  const auto found = conceptOf(*session, question);
  CHECK(found->layers()[found->bestLayer()].accuracy == 1);
  CHECK(std::abs(found->neurons().front().separation) > std::abs(found->neurons().back().separation));
  Edit edit;
  edit.value = found->layers()[2].value;
  edit.added = found->layers()[2].steering;
  edit.addedRows = 1;
  const Captured before = capture(*session, question.without.front(), "logits[token=-1]");
  require(session->setEdits(std::make_shared<const Edits>(Edits{edit})));
  const Captured after = capture(*session, question.without.front(), "logits[token=-1]");
  CHECK(difference(after.floats("logits"), before.floats("logits")) > 0.1);
}

TEST_CASE("sets that are too small are refused") {
  const auto session = causalSession(createCpuBackend(2), "qwen2");
  CHECK(Concept::create(session->model(), {{{1}}, {{2}, {3}}})
            .error()
            .message.starts_with("a set has 1 examples"));
  CHECK_FALSE(Concept::create(session->model(), {{{1}, {}}, {{2}, {3}}}));
  CHECK_FALSE(Neurons::create(session->model(), {}, {}));
  CHECK_FALSE(Neurons::create(session->model(), {1}, {.token = 96}));
}
