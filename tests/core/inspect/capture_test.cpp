// The exact way of capturing, on the CPU: against transformers and float64, and what it refuses.
#include "core/cpu/cpu_backend.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("hidden states and attention of prompt and continuation are those of transformers") {
  for (const char* name : {"llama-llama3", "qwen2", "qwen3"})
    checkTransformersValues(createCpuBackend(2), name, 1e-4);
}

TEST_CASE("hidden states and attention of stories260K are those of transformers") {
  const auto path = sharedFile("models/stories260K-f32.gguf");
  if (!path) return;
  for (const std::uint32_t stepTokens : {1u, 16u}) checkTransformersValues(createCpuBackend(2), *path, "stories260K", 1e-4, stepTokens);
}

TEST_CASE("every value of a text read step by step is that of a float64 pass") {
  checkFloat64Values(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), "demo.json", 7,
                     1e-4);
  if (const auto path = sharedFile("models/stories260K-f32.gguf"))
    for (const std::uint32_t stepTokens : {1u, 7u})
      checkFloat64Values(createCpuBackend(2), *path, "stories260K.json", stepTokens, 1e-4);
}

TEST_CASE("a part of a value is captured as it is in the whole") { checkParts(createCpuBackend(2)); }

TEST_CASE(
    "an end token ends the run, with its own values captured, and patterns lose the room of what did not "
    "come") {
  const auto session =
      inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 64, 256);
  const auto prompt = session->tokenizer().encode(
      "<|im_start|>user\nWhat is 12 + 7?<|im_end|>\n<|im_start|>assistant\n", true, true);
  const Captured found =
      capture(*session, prompt, "blk.2.attn.pattern[head=1,3],blk.*.resid_post", {.maxTokens = 60});
  const std::uint64_t tokens = found.tokens.size();
  CHECK(found.tokens.back() == 2046);
  CHECK(tokens < prompt.size() + 60);
  CHECK(found.values.at("blk.2.attn.pattern").shape == std::vector<std::uint64_t>{2, tokens, tokens});
  const Captured again = capture(*session, found.tokens, "blk.2.attn.pattern[head=1,3],blk.*.resid_post");
  for (const auto& [name, value] : again.values) CHECK(value.bytes == found.values.at(name).bytes);
}

TEST_CASE(
    "F16 captures are the rounded F32 ones, masked scores stay infinite, and what overflows is counted") {
  const auto session =
      inspectSession(createCpuBackend(2), projectFile("tests/oracles/families/qwen2.gguf"), 8);
  const std::vector<TokenId> tokens = {1, 2, 3, 4, 5};
  const Captured exact = capture(*session, tokens, "blk.0.attn.scores");
  const Captured half = capture(*session, tokens, "blk.0.attn.scores", {.type = ArrayType::f16});
  const std::vector<float> floats = exact.floats("blk.0.attn.scores");
  const auto* halves =
      reinterpret_cast<const std::uint16_t*>(half.values.at("blk.0.attn.scores").bytes.data());
  for (std::size_t i = 0; i < floats.size(); ++i) CHECK(halves[i] == floatToHalf(floats[i]));
  CHECK(half.values.at("blk.0.attn.scores").overflowed == 0);
  setEdits(*session, "blk.0.ffn.act=scale:1e9", 5);
  CHECK(capture(*session, tokens, "blk.0.ffn.act", {.type = ArrayType::f16})
            .values.at("blk.0.ffn.act")
            .overflowed > 0);
}

TEST_CASE("captures beyond the free memory are refused before anything runs, with what would fit") {
  constexpr std::uint32_t kTokens = 200'000;
  const auto session =
      inspectSession(createCpuBackend(2), projectFile("tests/oracles/families/qwen2.gguf"), 16, kTokens);
  const Graph& graph = session->model().description->graph();
  const std::vector<TokenId> prompt(1000, 1);
  const auto create = [&](const char* selection, std::vector<TokenId> tokens, std::uint32_t more) {
    return CaptureRun::create(*session, std::move(tokens),
                              require(parseSelections(graph, selection, {1000, kTokens})),
                              {.maxTokens = more});
  };
  const auto refused = create("blk.*.attn.pattern", prompt, kTokens - 1000);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::outOfMemory);
  const std::string& message = refused.error().message;
  CHECK(message.starts_with(concat("the captures of 2 values over 200000 tokens take ",
                                   formatBytes(1'280'000'000'000), ", but only ")));
  CHECK(message.ends_with(" tokens would fit; or select fewer layers, heads or tokens, or store F16"));
  CHECK(create("blk.1.attn.pattern[head=1;token=-1]", prompt, kTokens - 1000));
  CHECK(create("logits", prompt, kTokens - 999).error().kind == ErrorKind::contextFull);
  CHECK(create("logits", {}, 1).error().kind == ErrorKind::badInput);
}
