#include "gpu/plan_variants.h"

#include <algorithm>
#include <atomic>

#include "gpu/fusion.h"
#include "gpu/ops/attention.h"
#include "gpu/plan_sizes.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kUsualPages = 4096 / kPageCells;

}  // namespace

Result<std::vector<KernelVariant>> planVariants(const std::shared_ptr<const Device>& device,
                                                const std::shared_ptr<KernelLibrary>& kernels,
                                                const Graph& graph, const WeightTable& weights) {
  PlanContext context;
  context.device = device;
  context.kernels = kernels;
  context.graph = graph;
  context.weights = weights;
  context.cache =
      GpuCache::outline({graph.layers, graph.keyValueHeads, graph.headWidth, kUsualPages, FormatId::f16});
  context.maxTokens = kTailRows;
  context.steps = TRY(StepBuffers::create(device, stepShape(graph, 1, 1)));
  context.inputs = TRY(StepInputs::create(device, graph, 1));
  context.attentionSplits = splitsOf(kUsualPages);
  context.tileTokens = attentionTileTokens(graph, kernels->lanes());
  for (const ValueId value : crossingValues(graph)) context.crossing[value] = {};
  std::set<KernelVariant> variants;
  for (const Part part : {Part::body, Part::tail})
    for (const RowClass rows : {RowClass::one, RowClass::many})
      for (KernelVariant& variant : TRY(programVariants(context, part, rows)))
        variants.insert(std::move(variant));
  return std::vector<KernelVariant>(variants.begin(), variants.end());
}

PipelineWarmer::PipelineWarmer(std::shared_ptr<KernelLibrary> kernels, std::vector<KernelVariant> variants) {
  struct Work {
    std::vector<KernelVariant> variants;
    std::atomic<std::size_t> next = 0;
  };
  const auto work = std::make_shared<Work>();
  work->variants = std::move(variants);
  const unsigned threads = std::max(std::thread::hardware_concurrency() / 2, 1u);
  for (unsigned i = 0; i < threads; ++i)
    m_threads.emplace_back([kernels, work](const std::stop_token& stop) {
      for (std::size_t at = work->next++; at < work->variants.size() && !stop.stop_requested();
           at = work->next++)
        static_cast<void>(kernels->pipeline(work->variants[at]));
    });
}

void PipelineWarmer::finish() {
  for (std::jthread& thread : m_threads) thread.join();
  m_threads.clear();
}

}  // namespace cutaway::gpu
