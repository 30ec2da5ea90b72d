// The backend around the kernels: loading, limits, memory, submissions, and what goes wrong.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/run/generation.h"
#include "gpu/backend_impl.h"
#include "gpu/plan.h"
#include "support/paths.h"
#include "twin.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr ModelShape kSmall = {"small", 64, 4, 2, 16, 96, 2000, FormatId::q8_0};

gpu::VulkanBackend& implementation(Backend& backend) { return dynamic_cast<gpu::VulkanBackend&>(backend); }

struct Loaded {
  explicit Loaded(std::shared_ptr<Backend> on, const ModelShape& shape = kSmall)
      : backend(std::move(on)), graph(makeGraph(shape)), file(makeFile(shape, graph)) {
    weights = require(backend->upload(file, graph, {}, {}));
    cache =
        require(backend->createCache({graph.layers, graph.keyValueHeads, graph.headWidth, 4, FormatId::f32}));
    plan = require(backend->compile(graph, weights, cache, {.maxTokens = 32}));
  }
  std::shared_ptr<Backend> backend;
  Graph graph;
  ModelFile file;
  WeightTable weights;
  std::shared_ptr<CacheStorage> cache;
  std::unique_ptr<Plan> plan;
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("devices are listed with honest facts") {
  const auto devices = require(listVulkanDevices());
  REQUIRE_FALSE(devices.empty());
  for (const DeviceInfo& device : devices) {
    CHECK_FALSE(device.name.empty());
    CHECK_FALSE(device.driver.empty());
    CHECK(device.memory > (256u << 20));
    CHECK(device.kind != DeviceKind::cpu);
  }
  const auto missing = createVulkanBackend(99);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().kind == ErrorKind::device);
  CHECK(contains(missing.error().message, "99"));
}

TEST_CASE("a low binding limit cuts matrices into sections, and nothing else changes") {
  for (const bool portable : {false, true})
    for (const bool staged : {false, true}) {
      CAPTURE(portable);
      CAPTURE(staged);
      const auto device =
          openVulkan({.portableKernels = portable, .stageWeights = staged, .storageRangeLimit = 300'000});
      {
        ModelShape wide = kSmall;
        wide.format = FormatId::f32;
        const Loaded loaded(device, wide);
        const auto& table = static_cast<const gpu::GpuTensor&>(*loaded.weights[0]).matrix;
        REQUIRE(table.sections.size() == 2);
        CHECK(table.sections[1].firstRow == table.sections[0].rows);
        CHECK(table.sections[0].rows + table.sections[1].rows == 2000);
        Twin twin(device, wide, {.maxTokens = 16});
        twin.check(run(0, 14, 2000, 4));  // tokens of both sections
        StepArrays decode = run(14, 1, 2000, 4);
        decode.targets = {1999};
        decode.fullLogits = true;
        twin.checkAllValues(decode);
      }
      checkSilent(*device);
    }
}

TEST_CASE("loading reports progress, stops when told, and gives its memory back") {
  const auto device = openVulkan();
  const Graph graph = makeGraph(kSmall);
  const ModelFile file = makeFile(kSmall, graph);
  std::uint64_t last = 0, total = 0;
  const auto weights = require(device->upload(file, graph,
                                              [&](std::uint64_t done, std::uint64_t all) {
                                                CHECK(done > last);
                                                last = done;
                                                total = all;
                                              },
                                              {}));
  CHECK(last == total);
  std::uint64_t expected = 0;
  for (const Weight& weight : graph.weights) expected += device->deviceBytes(weight, *file.find(weight.name));
  CHECK(device->ledger().used(MemoryClass::weights) == expected);

  std::stop_source stop;
  const auto stopped = device->upload(
      file, graph, [&](std::uint64_t, std::uint64_t) { stop.request_stop(); }, stop.get_token());
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().kind == ErrorKind::cancelled);
  CHECK(device->ledger().used(MemoryClass::weights) == expected);
  { const Loaded loaded(device); }
  CHECK(device->ledger().used(MemoryClass::cache) == 0);
  CHECK(device->ledger().used(MemoryClass::scratch) == 0);

  ModelFile wrong = makeFile(kSmall, graph);
  wrong.tensors[3].shape[0] += 1;
  const auto refused = device->upload(wrong, graph, {}, {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(contains(refused.error().message, wrong.tensors[3].name));
  checkSilent(*device);
}

TEST_CASE("what a plan takes stays within what was foretold") {
  const auto device = openVulkan();
  const auto& vulkan = implementation(*device).vulkanDevice();
  const Graph graph = makeGraph(kSmall);
  const ModelFile file = makeFile(kSmall, graph);
  const auto weights = require(device->upload(file, graph, {}, {}));
  auto cache = require(device->createCache({2, 2, 16, 128, FormatId::f32}));
  const std::uint64_t before = vulkan.allocatedBytes();
  const auto plan = require(device->compile(graph, weights, std::move(cache), {.maxTokens = 64}));
  const std::uint64_t foretold = device->scratchBytes(graph, {.maxTokens = 64});
  CHECK(device->ledger().used(MemoryClass::scratch) == foretold);
  CHECK(vulkan.allocatedBytes() - before <= foretold + (64u << 10));  // allocations are rounded up to pages
}

TEST_CASE("a decode layer takes five launches, a prompt layer eight") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto device = openVulkan({.portableKernels = portable});
    const auto count = [&](const ModelShape& shape, gpu::RowClass body, gpu::RowClass tail) {
      const Loaded loaded(device, shape);
      return dynamic_cast<const gpu::GpuPlan&>(*loaded.plan).launches(body, tail);
    };
    using enum gpu::RowClass;
    // Two layers; beside them the embedding, and at the end logits and their summary in two steps.
    CHECK(count(kSmall, one, one) == 1 + 2 * 5 + 3);
    CHECK(count(kSmall, many, one) == 1 + 2 * 8 + 3);
    CHECK(count(kSmall, many, many) == 1 + 2 * 8 + 5);
    constexpr ModelShape biased = {"biased", 128, 4, 2, 32, 96, 100, FormatId::f16, true, true};
    CHECK(count(biased, one, one) == 1 + 2 * 5 + 3);
    ModelShape mixed = kSmall;  // v apart from q and k
    mixed.valueFormat = FormatId::f16;
    CHECK(count(mixed, one, one) == 1 + 2 * 6 + 3);
    CHECK(count(mixed, many, one) == 1 + 2 * 9 + 3);
    constexpr ModelShape headNorms = {"norms of heads", 64,    4,    2,   32, 64, 129, FormatId::f32,
                                      true,             false, true};
    CHECK(count(headNorms, one, one) == 1 + 2 * 6 + 3);
    CHECK(count(headNorms, many, one) == 1 + 2 * 8 + 3);
    ModelShape narrow = kSmall;  // heads that are not made of whole pairs of row blocks
    narrow.headWidth = 24;
    CHECK(count(narrow, one, one) == 1 + 2 * 6 + 3);
    checkSilent(*device);
  }
}

TEST_CASE("two steps may be in flight, and come back in order") {
  const auto device = openVulkan();
  {
    const Loaded together(device), apart(device);
    CHECK_FALSE(together.plan->wait().has_value());
    std::vector<StepArrays> steps;
    for (std::uint32_t first = 0; first < 12; first += 4)
      for (const std::uint32_t part : {0u, 3u})
        steps.push_back(run(first + part, part == 0 ? 3 : 1, 2000, 4));
    std::vector<StepResult> expected;
    for (const StepArrays& step : steps) expected.push_back(require(apart.plan->run(step.step())));
    REQUIRE(together.plan->submit(steps[0].step()).has_value());
    for (std::size_t i = 1; i < steps.size(); ++i) {
      REQUIRE(together.plan->submit(steps[i].step()).has_value());
      const auto third = together.plan->submit(steps[i].step());
      REQUIRE_FALSE(third.has_value());
      CHECK(third.error().kind == ErrorKind::usage);
      const StepResult found = require(together.plan->wait());
      CHECK(found.rows[0].logSumExp == expected[i - 1].rows[0].logSumExp);
      CHECK(found.rows[0].top[0].token == expected[i - 1].rows[0].top[0].token);
    }
    CHECK(require(together.plan->wait()).rows[0].logSumExp == expected.back().rows[0].logSumExp);
    REQUIRE(
        together.plan->submit(steps[0].step()).has_value());  // and a plan may go while a step is in flight
  }
  checkSilent(*device);
}

TEST_CASE("a step that breaks a rule is refused, and the next one runs") {
  const auto device = openVulkan();
  const Loaded loaded(device);
  StepArrays bad = run(0, 3, 2000, 4);
  bad.tokens[1] = 2000;
  const auto refused = loaded.plan->submit(bad.step());
  REQUIRE_FALSE(refused.has_value());
  CHECK(contains(refused.error().message, "2000"));
  CHECK(loaded.plan->run(run(0, 3, 2000, 4).step()).has_value());
  checkSilent(*device);
}

TEST_CASE("a weight may be re-pointed to another precision") {
  const auto device = openVulkan();
  ModelShape precise = kSmall;
  precise.format = FormatId::f32;
  const Graph graph = makeGraph(kSmall);
  const ModelFile quantized = makeFile(kSmall, graph), floats = makeFile(precise, graph);
  const auto cpu = createCpuBackend(2);
  const auto mixed = [&](Backend& backend) {
    WeightTable table = require(backend.upload(quantized, graph, {}, {}));
    const WeightTable other = require(backend.upload(floats, graph, {}, {}));
    for (WeightId id = 0; id < std::ssize(table); ++id)
      if (graph.weights[id].name == "blk.0.k.weight" || graph.weights[id].name == "blk.1.down.weight")
        table[id] = other[id];
    auto cache = require(backend.createCache({2, 2, 16, 4, FormatId::f32}));
    const auto plan = require(backend.compile(graph, table, std::move(cache), {.maxTokens = 16}));
    require(plan->run(run(0, 9, 2000, 4).step()));
    return require(plan->run(run(9, 1, 2000, 4).step())).rows[0];
  };
  const LogitRow found = mixed(*device), expected = mixed(*cpu);
  CHECK(found.logSumExp == doctest::Approx(expected.logSumExp).epsilon(1e-4));
  CHECK(found.top[0].token == expected.top[0].token);
  checkSilent(*device);
}

TEST_CASE("logits that are no numbers end in a sentence, not in a text") {
  const auto device = openVulkan();
  ModelShape shape = kSmall;
  shape.format = FormatId::f32;
  const Graph graph = makeGraph(shape);
  ModelFile file = makeFile(shape, graph);
  std::vector<std::byte> bytes(file.source.bytes.begin(), file.source.bytes.end());
  const TensorInfo& table = *file.find("table.weight");
  const float notANumber = NAN;
  std::memcpy(bytes.data() + table.offset + 1234 * 64 * 4, &notANumber, 4);
  file.source.bytes = bytes;
  const auto weights = require(device->upload(file, graph, {}, {}));
  auto cache = require(device->createCache({2, 2, 16, 4, FormatId::f32}));
  const auto plan = require(device->compile(graph, weights, std::move(cache), {.maxTokens = 16}));
  const auto result = plan->run(run(0, 3, 2000, 4).step());
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::badInput);
  CHECK(contains(result.error().message, "not finite"));
}

TEST_CASE("out of memory says what was tried and what would fit") {
  const auto device = openVulkan();
  const auto tooLong = device->createCache({2, 8, 128, 1u << 20, FormatId::f16});
  REQUIRE_FALSE(tooLong.has_value());
  CHECK(tooLong.error().kind == ErrorKind::outOfMemory);
  CHECK(contains(tooLong.error().message, "33554432 tokens"));
  CHECK(contains(tooLong.error().message, "enough for"));
  const auto tooMany = device->createCache({100'000, 8, 128, 1000, FormatId::f16});
  REQUIRE_FALSE(tooMany.has_value());
  CHECK(tooMany.error().kind == ErrorKind::outOfMemory);
  CHECK(contains(tooMany.error().message, "free"));
  CHECK(device->ledger().used() == 0);
  const auto piece = gpu::allocateSlice(implementation(*device).sharedDevice(), gpu::MemoryUse::device,
                                        1ull << 60, "a test");
  REQUIRE_FALSE(piece.has_value());
  CHECK(piece.error().kind == ErrorKind::outOfMemory);
  checkSilent(*device);
}

TEST_CASE("a lost device gives the same sentence ever after, and lets go in peace") {
  const auto device = openVulkan();
  {
    const Loaded loaded(device);
    REQUIRE(loaded.plan->submit(run(0, 3, 2000, 4).step()).has_value());
    implementation(*device).vulkanDevice().loseForTest();
    const auto waited = loaded.plan->wait();
    REQUIRE_FALSE(waited.has_value());
    CHECK(waited.error().kind == ErrorKind::device);
    CHECK(contains(waited.error().message, "lost"));
    const auto submitted = loaded.plan->submit(run(3, 1, 2000, 4).step());
    REQUIRE_FALSE(submitted.has_value());
    CHECK(submitted.error().message == waited.error().message);
    CHECK_FALSE(device->upload(loaded.file, loaded.graph, {}, {}).has_value());
    CHECK_FALSE(device->createCache({2, 2, 16, 4, FormatId::f32}).has_value());
    CHECK_FALSE(loaded.cache->copyPage(0, 1).has_value());
    CHECK_FALSE(device->compile(loaded.graph, loaded.weights, loaded.cache, {}).has_value());
  }
  checkSilent(*device);
}

TEST_CASE("weights and caches of another backend are refused") {
  const auto device = openVulkan();
  const auto cpu = createCpuBackend(1);
  const Loaded here(device), there(cpu);
  CHECK_FALSE(device->compile(here.graph, there.weights, here.cache, {}).has_value());
  CHECK_FALSE(device->compile(here.graph, here.weights, there.cache, {}).has_value());
  CHECK_FALSE(device->compile(here.graph, here.weights, here.cache, {.maxTokens = 0}).has_value());
  CHECK_FALSE(device->createCache({2, 2, 16, 4, FormatId::q8_0}).has_value());
  CHECK_FALSE(device->createCache({2, 2, 16, 0, FormatId::f16}).has_value());
}

TEST_CASE("a step that follows the last one's most likely token gives what the token itself gives") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto device = openVulkan({.portableKernels = portable});
    {
      const Loaded loaded(device);
      const StepArrays prompt = run(0, 9, 2000, 4);
      std::vector<TokenId> expected;
      TokenId next = require(loaded.plan->run(prompt.step())).rows.back().top[0].token;
      for (std::uint32_t i = 0; i < 6; ++i) {
        expected.push_back(next);
        StepArrays decode = run(9 + i, 1, 2000, 4);
        decode.tokens = {next};
        next = require(loaded.plan->run(decode.step())).rows.back().top[0].token;
      }
      CHECK(loaded.plan->canFollow() == (device->device().kind != DeviceKind::software));
      REQUIRE(loaded.plan->submit(prompt.step()));
      std::vector<TokenId> followed;
      for (std::uint32_t i = 0; i < 6; ++i) {
        const StepArrays decode = run(9 + i, 1, 2000, 4);
        Step step = decode.step();
        step.followsTop = true;
        REQUIRE(loaded.plan->submit(step));
        followed.push_back(require(loaded.plan->wait()).rows.back().top[0].token);
      }
      CHECK(followed == expected);
      REQUIRE(loaded.plan->wait());
      Step many = prompt.step();
      many.followsTop = true;
      CHECK_FALSE(loaded.plan->submit(many));
    }
    checkSilent(*device);
  }
}

TEST_CASE("a step that awaits its token gives what the token itself gives, and nobody waits for ever") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto device = openVulkan({.portableKernels = portable, .queueAhead = true});
    {
      const Loaded loaded(device), other(device);
      CHECK(loaded.plan->canFollow());
      CHECK_FALSE(loaded.plan->give(1));
      const std::vector<TokenId> chosen = {17, 1999, 3, 3, 250};
      const auto decode = [&](std::uint32_t i, TokenId token) {
        StepArrays arrays = run(9 + i, 1, 2000, 4);
        arrays.tokens = {token};
        arrays.taps = {{loaded.graph.find("blk.1.resid_post")}};
        return arrays;
      };
      const StepArrays prompt = run(0, 9, 2000, 4);
      require(other.plan->run(prompt.step()));
      REQUIRE(loaded.plan->submit(prompt.step()));
      for (std::uint32_t i = 0; i < chosen.size(); ++i) {
        const StepArrays arrays = decode(i, 0);
        Step step = arrays.step();
        step.awaitsToken = true;
        REQUIRE(loaded.plan->submit(step));
        const StepResult before = require(loaded.plan->wait());  // the step in front is not held up
        const StepResult expected = require(other.plan->run(decode(i, chosen[i]).step()));
        if (i > 0) CHECK(before.rows[0].top.size() == 64);
        // Work that was queued behind it and waited for has let the step go on with what it had.
        CHECK_FALSE(loaded.plan->give(chosen[i]));
        require(loaded.plan->wait());
        REQUIRE(loaded.plan->submit(step));
        CHECK_FALSE(loaded.plan->give(-1));
        CHECK_FALSE(loaded.plan->give(2000));
        CHECK(loaded.plan->give(chosen[i]));
        CHECK_FALSE(loaded.plan->give(chosen[i]));
        if (i + 1 < chosen.size()) continue;
        const StepResult found = require(loaded.plan->wait());
        CHECK(found.rows[0].logSumExp == expected.rows[0].logSumExp);
        CHECK(found.captures[0].data == expected.captures[0].data);
      }
      const StepArrays arrays = decode(5, 0), second = decode(6, 0);
      Step step = arrays.step(), next = second.step();
      step.awaitsToken = next.awaitsToken = true;
      REQUIRE(loaded.plan->submit(step));
      REQUIRE(loaded.plan->submit(next));  // opens the first one's gate
      CHECK(loaded.plan->give(7));
      require(loaded.plan->wait());
      CHECK(require(loaded.plan->wait()).captures.size() == 1);
      StepArrays many = run(0, 2, 2000, 4);
      Step wrong = many.step();
      wrong.awaitsToken = true;
      CHECK_FALSE(loaded.plan->submit(wrong));
      REQUIRE(loaded.plan->submit(step));  // and a plan may go while its step awaits a token
    }
    checkSilent(*device);
  }
}

TEST_CASE("an answer that is sampled is the same whether steps are queued ahead or not") {
  const std::string path = projectFile("resources/demo-model/demo-f16.gguf");
  std::vector<std::vector<TokenId>> answers;
  for (const bool ahead : {false, true}) {
    const auto device = openVulkan({.queueAhead = ahead});
    {
      auto description = std::make_shared<ModelDescription>();
      description->file = require(openModelFile(path));
      description->architecture = require(readArchitecture(description->file));
      description->tokenizer = require(Tokenizer::create(description->file.metadata));
      const auto model = require(loadModel(std::move(description), device));
      const auto session = require(Session::create(model, {.context = 128, .maxStepTokens = 32}));
      for (const std::uint32_t topK : {40u, 0u}) {  // 0: all logits come with every step
        GenerationOptions options;
        options.sampler = {.temperature = 1.2f, .topK = topK, .seed = 5};
        options.maxTokens = 24;
        Generation generation(*session, session->tokenizer().encode("One day, a", true, false), options);
        while (require(generation.step()) != Generation::State::done) {
        }
        answers.push_back(generation.tokens());
      }
    }
    checkSilent(*device);
  }
  CHECK(answers[0].size() > 8);
  CHECK(answers[0] == answers[2]);
  CHECK(answers[1] == answers[3]);
}

TEST_CASE("a step's time is told per kind of op, with launches and bytes, and the step is cached") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto device = openVulkan({.portableKernels = portable});
    {
      const Loaded loaded(device);
      const auto& plan = dynamic_cast<const gpu::GpuPlan&>(*loaded.plan);
      const StepArrays prompt = run(0, 9, 2000, 4), decode = run(9, 1, 2000, 4);
      require(loaded.plan->run(prompt.step()));
      const auto expected = require(loaded.plan->run(decode.step())).rows[0].top[0];

      const StepTiming read = require(loaded.plan->time(prompt.step()));
      const StepTiming written = require(loaded.plan->time(decode.step()));
      for (const StepTiming* timing : {&read, &written}) {
        std::size_t launches = 0;
        for (const OpTiming& op : timing->ops) {
          CAPTURE(op.kind);
          CHECK_FALSE(op.kind.empty());
          CHECK(op.seconds >= 0);
          CHECK(op.bytes > 0);
          launches += op.launches;
        }
        const auto body = timing == &read ? gpu::RowClass::many : gpu::RowClass::one;
        CHECK(launches == plan.launches(body, gpu::RowClass::one));
        CHECK(timing->seconds > 0);
      }
      const auto down = std::ranges::find(written.ops, "ffn.out, resid_post", &OpTiming::kind);
      REQUIRE(down != written.ops.end());
      CHECK(down->launches == 2);
      // Q8_0: 34 bytes per 32 weights; rows of 64 x 96, a scale for every 8 groups of 32 columns in the
      // device's layout.
      const std::uint64_t weights = gpu::matrixBytes(FormatId::q8_0, 64, 96);
      CHECK(down->bytes == 2 * (weights + 4 * (96 + 64 + 64)));
      CHECK(require(loaded.plan->run(decode.step())).rows[0].top[0].logit == expected.logit);

      REQUIRE(loaded.plan->submit(decode.step()));
      CHECK_FALSE(loaded.plan->time(decode.step()));
      REQUIRE(loaded.plan->wait());
      const double bandwidth = require(device->readBandwidth());
      CHECK(bandwidth > 1e7);
      CHECK(bandwidth < 1e14);
    }
    checkSilent(*device);
  }
}
