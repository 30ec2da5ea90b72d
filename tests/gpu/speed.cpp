// Measures the Vulkan backend alone: test_gpu_speed MODEL.gguf [prompt tokens] [generated tokens] [f16|f32].
// Not a test: its figures depend on the machine.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "core/arch/family.h"
#include "gpu/plan.h"
#include "gpu/vulkan_backend.h"

using namespace cutaway;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Processor time of all threads: what a busy machine leaves comparable.
double processorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class T>
T orExit(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(3);
}

void printTiming(const StepTiming& timing) {
  for (const OpTiming& op : timing.ops)
    std::printf("  %-40s %3u launches %8.3f ms %8.2f GB/s\n", op.kind.c_str(), op.launches, op.seconds * 1e3,
                static_cast<double>(op.bytes) / op.seconds * 1e-9);
}

struct Sequence {
  Plan& plan;
  std::vector<std::int32_t> pages;
  std::int32_t length = 0;

  bool apart = false;

  StepResult run(std::span<const TokenId> tokens) {
    std::vector<std::int32_t> positions(tokens.size()), sequences(tokens.size());
    for (auto& position : positions) position = length++;
    std::vector<std::uint8_t> want(tokens.size());
    want.back() = 1;
    const Step step{.tokens = tokens,
                    .positions = positions,
                    .sequences = sequences,
                    .wantLogits = want,
                    .pages = pages,
                    .pagesPerSequence = static_cast<std::uint32_t>(pages.size()),
                    .targets = {},
                    .taps = {}};
    if (apart) printTiming(orExit(plan.time(step)));
    return orExit(plan.run(step));
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    return std::fprintf(stderr, "usage: test_gpu_speed MODEL.gguf [prompt] [generate] [f16|f32]\n"), 2;
  const auto prompt = static_cast<std::uint32_t>(argc > 2 ? std::atoi(argv[2]) : 64);
  const auto generate = static_cast<std::uint32_t>(argc > 3 ? std::atoi(argv[3]) : 32);
  const FormatId cacheFormat = argc > 4 && std::string_view(argv[4]) == "f32" ? FormatId::f32 : FormatId::f16;

  const double start = now();
  const auto backend = orExit(createVulkanBackend(0, {.portableKernels = std::getenv("PORTABLE") != nullptr,
                                                      .loadAsDiscrete = std::getenv("DISCRETE") != nullptr}));
  const double opened = now();
  const ModelFile file = orExit(openModelFile(argv[1]));
  const Architecture architecture = orExit(readArchitecture(file));
  const Graph& graph = architecture.graph;
  const WeightTable weights = orExit(backend->upload(file, graph, {}, {}));
  const double loaded = now();
  const std::uint32_t pages = (3 * prompt + generate + 2 * kPageCells) / kPageCells;
  auto cache =
      orExit(backend->createCache({graph.layers, graph.keyValueHeads, graph.headWidth, pages, cacheFormat}));
  const auto plan = orExit(backend->compile(graph, weights, cache, {.maxTokens = std::max(prompt, 1u)}));
  const double compiled = now();
  std::printf("read bandwidth %.2f GB/s\n", orExit(backend->readBandwidth()) * 1e-9);
  std::printf("open %.3f s, load %.3f s, compile %.3f s\n", opened - start, loaded - opened,
              compiled - loaded);

  Sequence sequence{*plan, {}};
  for (std::uint32_t i = 0; i < pages; ++i) sequence.pages.push_back(static_cast<std::int32_t>(i));
  std::vector<TokenId> tokens(prompt);
  for (std::uint32_t i = 0; i < prompt; ++i)
    tokens[i] = static_cast<TokenId>((i * 31 + 7) % graph.vocabulary);
  TokenId next = 0;
  sequence.apart = std::getenv("APART") != nullptr;
  for (int round = 0; round < 3; ++round) {
    const double before = now(), processorBefore = processorSeconds();
    next = sequence.run(tokens).rows[0].top[0].token;
    const double took = now() - before;
    std::printf("prompt %u: %.1f ms, %.1f tokens/s; processor %.1f ms\n", prompt, took * 1e3, prompt / took,
                (processorSeconds() - processorBefore) * 1e3);
  }
  sequence.apart = false;
  std::vector<double> times, processorTimes;
  for (std::uint32_t i = 0; i < generate; ++i) {
    sequence.apart = std::getenv("APART") != nullptr && i < 2;
    const double before = now(), processorBefore = processorSeconds();
    next = sequence.run({&next, 1}).rows[0].top[0].token;
    times.push_back(now() - before);
    processorTimes.push_back(processorSeconds() - processorBefore);
    if (i == 0)
      std::printf("first token alone: %.1f ms; processor %.1f ms\n", times[0] * 1e3, processorTimes[0] * 1e3);
  }
  std::ranges::sort(times);
  std::ranges::sort(processorTimes);
  if (!times.empty())
    std::printf("generate: median %.2f ms, best %.2f ms, %.1f tokens/s; processor median %.2f ms\n",
                times[times.size() / 2] * 1e3, times.front() * 1e3, 1 / times[times.size() / 2],
                processorTimes[times.size() / 2] * 1e3);
  return 0;
}
