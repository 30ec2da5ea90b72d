#include "core/convert/importance_matrix.h"

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>

#include "core/convert/calibration.h"
#include "core/format/gguf.h"
#include "support/real_model.h"

using namespace cutaway;

namespace {

std::string fixture(const std::string& name) { return test::projectFile("tests/oracles/imatrix/" + name); }

SharedBytes inMemory(const std::string& bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  return {"matrix", std::as_bytes(std::span(*owner)), owner};
}

void checkSmall(const ImportanceMatrix& matrix) {
  CHECK(matrix.chunks == 2);
  CHECK(matrix.texts == std::vector<std::string>{"wiki.train.raw"});
  REQUIRE(matrix.entries.size() == 2);
  const auto first = test::orFail(matrix.find("blk.0.attn_q.weight", 4));
  const auto second = test::orFail(matrix.find("blk.0.ffn_down.weight", 6));
  for (std::size_t k = 0; k < 4; ++k) CHECK(first[k] == doctest::Approx(static_cast<double>(k) + 0.5));
  for (std::size_t k = 0; k < 6; ++k) CHECK(second[k] == doctest::Approx(static_cast<double>(k + 1) / 8));
  CHECK(test::orFail(matrix.find("blk.7.attn_q.weight", 4)).empty());
  const auto other = matrix.find("blk.0.attn_q.weight", 8);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message.find("has 4 columns for \"blk.0.attn_q.weight\", whose rows have 8") != std::string::npos);
}

}  // namespace

TEST_CASE("importance matrices of both formats say the same") {
  checkSmall(test::orFail(readImportance(fixture("small.gguf"))));
  checkSmall(test::orFail(readImportance(fixture("small.dat"))));
}

TEST_CASE("what is written is read again") {
  const std::string path = (std::filesystem::temp_directory_path() / "cutaway-importance-test.gguf").string();
  REQUIRE(writeImportance(path, test::orFail(readImportance(fixture("small.dat")))).has_value());
  const ImportanceMatrix again = test::orFail(readImportance(path));
  std::filesystem::remove(path);
  CHECK(again.chunks == 2);
  CHECK(again.entries.size() == 2);
}

TEST_CASE("damaged importance matrices are refused with a sentence") {
  const std::string old = test::readFile(fixture("small.dat"));
  constexpr std::size_t kTrailer = 4 + 4 + 14;  // which the oldest files lack
  for (std::size_t length = 0; length < old.size() - kTrailer; ++length) {
    const auto read = readImportance(inMemory(old.substr(0, length)));
    REQUIRE_FALSE(read.has_value());
    REQUIRE(read.error().message.find("matrix: ") == 0);
  }
  std::string negative = old;
  const float bad = -1;
  std::memcpy(negative.data() + 4 + 4 + 19 + 8, &bad, sizeof bad);
  CHECK(readImportance(inMemory(negative)).error().message.find("expected numbers from 0") != std::string::npos);
  CHECK(readImportance(inMemory("GGUF")).error().message.find("the GGUF version") != std::string::npos);
  CHECK(readImportance(inMemory(std::string(64, '\xff'))).error().message.find("no importance matrix") != std::string::npos);
  CHECK(readImportance(test::projectFile("resources/demo-model/demo-f16.gguf")).error().message.find("no importance matrix") !=
        std::string::npos);
  CHECK_FALSE(readImportance("/nowhere").has_value());
}

TEST_CASE("calibration measures the inputs that a step shows, however it is cut") {
  const auto model = test::demoModel();
  const auto session = test::exactSession(model, 128);
  std::vector<TokenId> tokens = model->description->tokenizer->encode(
      "The lighthouse keeper walked down to the harbour, where the boats lay in the evening sun. He had a letter in his "
      "hand and did not know what to do with it, so he sat down and waited.",
      true, true);
  REQUIRE(tokens.size() >= Calibration::kLeastTokens);
  Calibration calibration = test::orFail(Calibration::create(*session, tokens, {.chunkTokens = 128, .mostChunks = 0}));
  while (test::orFail(calibration.step())) {
  }
  const ImportanceMatrix matrix = calibration.importance("text");
  const Graph& graph = model->description->graph();
  CHECK(matrix.entries.size() == graph.layers * 7);  // query, key, value, output, gate, up, down
  REQUIRE(session->rewind({}).has_value());
  const std::pair<const char*, const char*> inputs[] = {{"blk.2.attn.norm", "blk.2.attn_k.weight"},
                                                        {"blk.2.attn.z", "blk.2.attn_output.weight"},
                                                        {"blk.5.ffn.act", "blk.5.ffn_down.weight"}};
  std::vector<Tap> taps;
  for (const auto& [value, weight] : inputs) taps.push_back({.value = graph.find(value)});
  tokens.resize(static_cast<std::size_t>(calibration.read()));
  const StepResult result = test::orFail(session->step(tokens, {.taps = taps}));
  for (std::size_t i = 0; i < std::size(inputs); ++i) {
    const std::vector<float>& data = result.captures[i].data;
    const std::size_t columns = data.size() / tokens.size();
    const auto means = test::orFail(matrix.find(inputs[i].second, columns));
    for (std::size_t k = 0; k < columns; k += 17) {
      double sum = 0;
      for (std::size_t t = 0; t < tokens.size(); ++t) sum += double{data[t * columns + k]} * double{data[t * columns + k]};
      CHECK(means[k] == doctest::Approx(sum / static_cast<double>(tokens.size())).epsilon(1e-4));
    }
  }
  CHECK(Calibration::create(*session, {1, 2, 3}, {}).error().message.find("3 tokens, too few") != std::string::npos);
}
