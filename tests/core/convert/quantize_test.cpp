#include "core/convert/quantize.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/hand_made_model.h"
#include "support/real_model.h"

using namespace cutaway;

namespace {

/// A folder that goes with the test.
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / concat("cutaway-quantize-", getpid());
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
};

const std::string kDemo = test::projectFile("resources/demo-model/demo-f16.gguf");

ModelFile demo() { return test::orFail(openModelFile(kDemo)); }

std::unique_ptr<Conversion> finished(ModelFile source, const QuantizeRequest& request, ThreadPool& pool) {
  auto job = test::orFail(startRounding(std::move(source), request, pool));
  double before = 0;
  while (test::orFail(job->step())) {
    CHECK(job->progress().done >= before);
    CHECK(job->progress().done < 1);
    before = job->progress().done;
  }
  CHECK(job->progress().done == 1);
  CHECK(job->progress().secondsLeft == 0);
  return job;
}

const TensorReport& report(const Conversion& job, const std::string& name) {
  const auto found = std::ranges::find(job.reports(), name, &TensorReport::name);
  REQUIRE(found != job.reports().end());
  return *found;
}

/// A model of the smallest shape whose rows are no multiple of 256, with 32 layers.
ModelFile narrow(std::uint64_t columns, bool withOutput) {
  test::HandMadeModel model;
  model.set("general.architecture", "llama");
  model.set("llama.block_count", std::uint64_t{32});
  model.set("llama.attention.head_count", std::uint64_t{8});
  model.set("llama.attention.head_count_kv", std::uint64_t{2});
  model.addRandom("token_embd.weight", {4, columns}, FormatId::f16, 1);
  if (withOutput) model.addRandom("output.weight", {4, columns}, FormatId::f16, 2);
  for (int layer = 0; layer < 32; ++layer)
    for (const char* part : {"attn_q", "attn_v", "attn_output", "ffn_down"})
      model.addRandom(concat("blk.", layer, ".", part, ".weight"), {2, columns}, FormatId::f16, 3);
  model.add("output_norm.weight", {columns}, std::vector<float>(columns, 1));
  return model.finish();
}

/// Formats of one kind of tensor, layer by layer, a letter each: 2 to 6 for Q2_K to Q6_K.
std::string formatsOf(const ModelFile& file, const char* mix, const std::string& part, bool pure = false) {
  const auto choices = chooseFormats(file, *findMix(mix), pure, false);
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i)
    if (file.tensors[i].name.ends_with(part + ".weight")) text += numberFormat(choices[i].format).name[1];
  return text;
}

}  // namespace

TEST_CASE("mixes give the tensors the bits that llama.cpp gives them") {
  const ModelFile file = narrow(256, true);
  // By hand from llama.cpp's rules, for 32 layers and four query heads per key.
  CHECK(formatsOf(file, "Q4_K_M", "attn_v") == "66664464464464464464464464466666");
  CHECK(formatsOf(file, "Q4_K_M", "ffn_down") == "66664464464464464464464464466666");
  CHECK(formatsOf(file, "Q4_K_M", "attn_q") == std::string(32, '4'));
  CHECK(formatsOf(file, "Q4_K_S", "attn_v") == "5555" + std::string(28, '4'));
  CHECK(formatsOf(file, "Q4_K_S", "ffn_down") == "5555" + std::string(28, '4'));
  CHECK(formatsOf(file, "Q5_K_S", "ffn_down") == std::string(32, '5'));
  CHECK(formatsOf(file, "Q5_K_M", "attn_v").substr(0, 8) == "66665565");
  CHECK(formatsOf(file, "Q3_K_M", "attn_v") == "55" + std::string(30, '4'));
  CHECK(formatsOf(file, "Q3_K_M", "ffn_down") == "55" + std::string(30, '4'));
  CHECK(formatsOf(file, "Q3_K_M", "attn_output") == std::string(32, '4'));
  CHECK(formatsOf(file, "Q3_K_S", "attn_v") == std::string(32, '3'));
  CHECK(formatsOf(file, "Q3_K_L", "ffn_down") == std::string(32, '5'));
  CHECK(formatsOf(file, "Q2_K", "attn_v") == std::string(32, '4'));
  CHECK(formatsOf(file, "Q2_K", "ffn_down") == std::string(32, '3'));
  CHECK(formatsOf(file, "Q2_K", "attn_q") == std::string(32, '2'));

  CHECK(formatsOf(file, "Q4_K_M", "attn_v", true) == std::string(32, '4'));
  const auto formatIn = [](const ModelFile& model, const char* mix, std::size_t tensor) {
    return numberFormat(chooseFormats(model, *findMix(mix), false, false)[tensor].format).name;
  };
  CHECK(formatIn(file, "Q4_K_M", 0) == std::string("Q4_K"));   // the embedding beside an output matrix
  CHECK(formatIn(narrow(256, false), "Q4_K_M", 0) == std::string("Q6_K"));  // in its place
  CHECK(formatIn(narrow(96, false), "Q4_K_M", 0) == std::string("Q8_0"));
  CHECK(formatIn(narrow(96, true), "Q4_0", 1) == std::string("Q8_0"));
  CHECK(formatIn(narrow(50, true), "Q4_0", 2) == std::string("F16"));
  CHECK(findMix("q4_k_m") == findMix("Q4_K_M"));
  CHECK(findMix("Q4") == nullptr);
}

TEST_CASE("rows that are no whole blocks get the fallback, which is named") {
  ThreadPool pool(2);
  const Folder folder;
  const auto job = finished(narrow(96, true), {.target = folder.file("out.gguf"), .mix = findMix("Q4_K_M")}, pool);
  const TensorReport& query = report(*job, "blk.5.attn_q.weight");
  CHECK(query.to == FormatId::q5_0);
  CHECK(query.note == "rows of 96 are no multiple of 256: Q5_0 instead of Q4_K");
  CHECK(report(*job, "blk.0.attn_v.weight").to == FormatId::q8_0);
  CHECK(report(*job, "output_norm.weight").to == FormatId::f32);
  CHECK(report(*job, "output_norm.weight").note.empty());
  CHECK(std::isinf(report(*job, "output_norm.weight").snrDb()));
}

TEST_CASE("a quantized file holds what the encoder makes of each tensor, and the source's metadata") {
  ThreadPool pool(2);
  const Folder folder;
  const std::string before = test::readFile(kDemo), out = folder.file("demo.gguf");
  const auto job = finished(demo(), {.target = out, .mix = findMix("Q4_K_M")}, pool);
  CHECK(std::filesystem::file_size(out) == job->targetBytes());
  CHECK(folder.files() == 1);
  CHECK(test::readFile(kDemo) == before);
  const ModelFile source = demo(), made = test::orFail(openModelFile(out));
  CHECK(*made.metadata.uint("general.file_type") == 15);
  CHECK(*made.metadata.uint("general.quantization_version") == 2);
  for (const auto& [key, value] : source.metadata.entries()) CHECK(made.metadata.has(key));
  REQUIRE(job->reports().size() == source.tensors.size());
  for (const TensorInfo& tensor : source.tensors) {
    CAPTURE(tensor.name);
    const TensorInfo* found = made.find(tensor.name);
    REQUIRE(found != nullptr);
    const TensorReport& told = report(*job, tensor.name);
    CHECK(told.to == found->format);
    CHECK(told.bytes == found->bytes);
    std::vector<float> weights(tensor.elements()), expected(tensor.elements()), back(tensor.elements());
    numberFormat(tensor.format).decode(source.data(tensor).bytes, weights);
    std::vector<std::byte> blocks(found->bytes);
    numberFormat(found->format).encode(weights, {}, blocks);
    CHECK(std::ranges::equal(blocks, made.data(*found).bytes));
    numberFormat(found->format).decode(blocks, back);
    double squares = 0, error = 0;
    std::vector<std::pair<double, std::uint64_t>> rows;
    for (std::uint64_t row = 0; row < tensor.rows(); ++row) {
      double rowSquares = 0, rowError = 0;
      for (std::uint64_t i = row * tensor.columns(); i < (row + 1) * tensor.columns(); ++i) {
        rowSquares += double{weights[i]} * double{weights[i]};
        rowError += std::pow(double{back[i]} - double{weights[i]}, 2);
      }
      rows.emplace_back(rowSquares > 0 ? std::sqrt(rowError / rowSquares) : 0, row);
      squares += rowSquares;
      error += rowError;
    }
    CHECK(told.squaredError == doctest::Approx(error));
    if (error == 0) continue;
    CHECK(told.snrDb() == doctest::Approx(10 * std::log10(squares / error)));
    const auto worst = std::ranges::max(rows);
    REQUIRE(told.worst.size() == TensorReport::kWorstRows);
    CHECK(told.worst.front().relative == doctest::Approx(worst.first));
  }
}

TEST_CASE("an importance matrix moves the error to where it counts less") {
  ThreadPool pool(2);
  const Folder folder;
  auto matrix = std::make_shared<ImportanceMatrix>();
  ImportanceMatrix::Entry& entry = matrix->entries["blk.0.attn_q.weight"];
  for (int i = 0; i < 256; ++i) entry.means.push_back(i % 16 == 3 ? 100.0f : 0.1f);
  const QuantizeRequest plain{.target = folder.file("a.gguf"), .mix = findMix("Q3_K_S"), .pure = true, .importance = {}};
  QuantizeRequest weighted = plain;
  weighted.importance = matrix;
  weighted.target = folder.file("b.gguf");
  finished(demo(), plain, pool);
  finished(demo(), weighted, pool);
  const ModelFile source = demo();
  const auto errorOf = [&](const std::string& path) {
    const ModelFile file = test::orFail(openModelFile(path));
    const TensorInfo &from = *source.find("blk.0.attn_q.weight"), &to = *file.find("blk.0.attn_q.weight");
    std::vector<float> a(from.elements()), b(from.elements());
    numberFormat(from.format).decode(source.data(from).bytes, a);
    numberFormat(to.format).decode(file.data(to).bytes, b);
    double error = 0;
    for (std::size_t i = 0; i < a.size(); ++i) error += double{entry.means[i % 256]} * std::pow(double{a[i]} - double{b[i]}, 2);
    return error;
  };
  CHECK(errorOf(weighted.target) < 0.6 * errorOf(plain.target));
  matrix->entries["blk.0.attn_k.weight"].means = {1, 2};
  const auto refused = startRounding(demo(), weighted, pool);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("it was made with another model") != std::string::npos);
}

TEST_CASE("a job that is dropped, refused or out of disk leaves nothing") {
  ThreadPool pool(2);
  const Folder folder;
  QuantizeRequest request{.target = folder.file("out.gguf"), .mix = findMix("Q8_0"), .pure = false, .importance = {}};
  {
    const auto job = test::orFail(startRounding(demo(), request, pool));
    for (int i = 0; i < 5; ++i) REQUIRE(test::orFail(job->step()));
    CHECK(folder.files() == 2);  // itself and its journal
  }
  CHECK(folder.files() == 0);
  {
    std::ofstream(request.target) << "what was there";
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{2 << 20, before.rlim_max};
    const auto job = test::orFail(startRounding(demo(), request, pool));
    setrlimit(RLIMIT_FSIZE, &small);
    Result<bool> step = true;
    while (step && *step) step = job->step();
    setrlimit(RLIMIT_FSIZE, &before);
    REQUIRE_FALSE(step.has_value());
    CHECK(step.error().message.find("out.gguf: cannot be written: ") != std::string::npos);
  }
  CHECK(folder.files() == 1);
  CHECK(test::readFile(request.target) == "what was there");
  std::filesystem::copy_file(kDemo, folder.file("source.gguf"));
  request.target = folder.file("source.gguf");
  const auto same = startRounding(test::orFail(openModelFile(request.target)), request, pool);
  REQUIRE_FALSE(same.has_value());
  CHECK(same.error().message.find("is the source itself") != std::string::npos);
  const auto full = checkDiskSpace(folder.file("x"), std::uint64_t{1} << 60);
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().message.find("needs ") != std::string::npos);
  request.target = "/nowhere/out.gguf";
  CHECK_FALSE(startRounding(demo(), request, pool).has_value());
}

TEST_CASE("weights that are not finite, or too large, are named with their row") {
  ThreadPool pool(1);
  const Folder folder;
  const auto messageOf = [&](float weight, const char* mix) {
    test::HandMadeModel model;
    std::vector<float> weights(4 * 32, 0.5f);
    weights[2 * 32 + 7] = weight;
    model.add("blk.0.attn_q.weight", {4, 32}, weights);
    const auto job =
        test::orFail(startRounding(model.finish(), {.target = folder.file("out.gguf"), .mix = findMix(mix)}, pool));
    Result<bool> step = true;
    while (step && *step) step = job->step();
    REQUIRE_FALSE(step.has_value());
    return step.error().message;
  };
  CHECK(messageOf(NAN, "Q8_0").find("\"blk.0.attn_q.weight\", row 2 holds a weight that is not finite") != std::string::npos);
  CHECK(messageOf(INFINITY, "Q4_0").find("row 2") != std::string::npos);
  CHECK(messageOf(1e9f, "F16").find("too large for F16") != std::string::npos);
  CHECK(folder.files() == 0);
}
