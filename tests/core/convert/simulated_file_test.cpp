#include "core/convert/simulated_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "support/real_model.h"

using namespace cutaway;

namespace {

const std::string kDemo = test::projectFile("resources/demo-model/demo-f16.gguf");

Simulation simulation(std::string_view text) { return test::orFail(parseSimulation(text)); }

std::vector<float> weightsOf(const ModelFile& file, const std::string& name) {
  const TensorInfo& tensor = *file.find(name);
  std::vector<float> weights(tensor.elements());
  numberFormat(tensor.format).decode(file.data(tensor).bytes, weights);
  return weights;
}

}  // namespace

TEST_CASE("a simulated file holds the layers' matrices as the scheme leaves them, bit by bit, and the rest untouched") {
  ThreadPool pool(2);
  const ModelFile file = test::orFail(openModelFile(kDemo));
  for (const char* text : {"int4:g64:asym", "int2:channel", "nf4:dq", "q4_K", "bf16", "int8:tensor:all"}) {
    CAPTURE(text);
    const Simulation wanted = simulation(text);
    const ModelFile made = test::orFail(simulatedFile(file, wanted, pool));
    REQUIRE(made.tensors.size() == file.tensors.size());
    CHECK(*made.metadata.string("cutaway.simulated") == toString(wanted));
    CHECK(*made.metadata.number("cutaway.simulated.snr_db") > 1);
    CHECK(*made.metadata.number("cutaway.simulated.bits_per_weight") < 17);
    for (const TensorInfo& tensor : file.tensors) {
      CAPTURE(tensor.name);
      const TensorInfo& found = *made.find(tensor.name);
      CHECK(found.shape == tensor.shape);
      const bool isMatrix = tensor.shape.size() == 2;
      if (isMatrix && (tensor.name.starts_with("blk.") || wanted.everything)) {
        std::vector<float> expected = weightsOf(file, tensor.name);
        simulate(wanted.scheme, tensor.rows(), tensor.columns(), expected, pool);
        CHECK(weightsOf(made, tensor.name) == expected);
      } else {
        CHECK(found.format == tensor.format);
        CHECK(std::ranges::equal(made.data(found).bytes, file.data(tensor).bytes));
      }
    }
  }
}

TEST_CASE("a simulated model runs, and fewer bits take it further from the original") {
  ThreadPool pool(2);
  const auto original = test::demoModel();
  const std::vector<TokenId> tokens =
      original->description->tokenizer->encode("The keeper walked down to the harbour and sat in the sun.", true, true);
  const auto logits = [&](const std::shared_ptr<const Model>& model) {
    const auto session = test::exactSession(model, 64);
    return test::orFail(session->step(tokens, {.fullLogits = true})).rows.back().logits;
  };
  const std::vector<float> expected = logits(original);
  double before = 0;
  for (const char* text : {"int16:g32", "int8:g32", "int4:g32", "int2:g32"}) {
    CAPTURE(text);
    ModelFile file = test::orFail(simulatedFile(test::orFail(openModelFile(kDemo)), simulation(text), pool));
    const auto model =
        test::orFail(loadModel(test::orFail(describeModel(std::move(file))), createCpuBackend()));
    const std::vector<float> found = logits(model);
    double error = 0;
    for (std::size_t i = 0; i < found.size(); ++i) error += std::pow(double{found[i]} - double{expected[i]}, 2);
    CHECK(error > before);
    before = error;
  }
  CHECK(before > 0.1);
}

TEST_CASE("simulations are read, printed and cancelled") {
  CHECK(toString(simulation("int4:g64:all")) == "int4:g64:all");
  CHECK(simulation("int4:g64:all").everything);
  CHECK(describe(simulation("nf4:all")) == "NF4, blocks of 64, embedding and output too");
  CHECK_FALSE(parseSimulation("all").has_value());
  CHECK_FALSE(parseSimulation(":all").has_value());
  ThreadPool pool(1);
  const auto stopped = simulatedFile(test::orFail(openModelFile(kDemo)), simulation("int4"), pool,
                                     [](std::uint64_t done, std::uint64_t) { return done == 0; });
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().kind == ErrorKind::cancelled);
}
