#include "core/convert/layer_runner.h"

#include <algorithm>
#include <numeric>

#include "core/graph/slice.h"

namespace cutaway {
namespace {

std::string inputName(std::uint32_t layer) {
  return layer == 0 ? std::string("embed") : concat("blk.", layer - 1, ".resid_post");
}

/// One layer as a graph of a single layer, so that its cache is that of one.
Result<Slice> cutLayer(const Graph& whole, std::uint32_t layer) {
  const ValueId given = whole.find(inputName(layer)), wanted = whole.find(concat("blk.", layer, ".resid_post"));
  if (given == kNone || wanted == kNone) return fail(ErrorKind::badInput, "layer ", layer, " of this model has no residual stream to follow");
  Slice slice = TRY(cutSlice(whole, {&given, 1}, {&wanted, 1}, SliceCache::write));
  slice.graph.layers = 1;
  for (Node& node : slice.graph.nodes)
    if (auto* attention = std::get_if<AttentionAttributes>(&node.attributes)) attention->layer = 0;
  return slice;
}

Result<std::vector<float>> embedded(const ModelFile& source, const Graph& graph, std::span<const TokenId> tokens) {
  const TensorInfo* table = source.find("token_embd.weight");
  if (table == nullptr || table->columns() != graph.width)
    return fail(ErrorKind::badInput, source.source.name, ": the tensor token_embd.weight is missing or of another width");
  const SharedBytes bytes = source.data(*table);
  const NumberFormat& format = numberFormat(table->format);
  const std::uint64_t rowBytes = format.bytesFor(graph.width);
  std::vector<float> stream(tokens.size() * graph.width);
  for (std::size_t i = 0; i < tokens.size(); ++i)
    format.decode(bytes.bytes.subspan(static_cast<std::uint64_t>(tokens[i]) * rowBytes, rowBytes),
                  std::span(stream).subspan(i * graph.width, graph.width));
  return stream;
}

}  // namespace

Result<LayerRunner> LayerRunner::create(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                        const ModelFile& source, std::span<const TokenId> text, std::uint32_t chunkTokens) {
  LayerRunner runner(std::move(model), std::move(backend));
  runner.m_chunkTokens = chunkTokens;
  const Graph& graph = runner.m_model->graph();
  for (std::size_t begin = 0; begin < text.size(); begin += chunkTokens) {
    const auto part = text.subspan(begin, std::min<std::size_t>(chunkTokens, text.size() - begin));
    auto stream = TRY(embedded(source, graph, part));
    runner.m_chunks.push_back({{part.begin(), part.end()}, std::move(stream)});
  }
  return runner;
}

std::uint64_t LayerRunner::tokens() const {
  std::uint64_t count = 0;
  for (const Chunk& chunk : m_chunks) count += chunk.tokens.size();
  return count;
}

Result<void> LayerRunner::bind(std::uint32_t layer, const ModelFile& file) {
  m_plan = nullptr;
  m_layer = layer;
  Slice slice = TRY(cutLayer(m_model->graph(), layer));
  m_graph = std::move(slice.graph);
  m_input = slice.inputs.front();
  const auto weights = TRY(m_backend->upload(file, m_graph, {}, {}));
  const std::uint32_t pages = (m_chunkTokens + kPageCells - 1) / kPageCells;
  auto cache = TRY(m_backend->createCache({1, m_graph.keyValueHeads, m_graph.headWidth, pages, FormatId::f32}));
  m_plan = TRY(m_backend->compile(m_graph, weights, std::move(cache), {.maxTokens = m_chunkTokens}));
  return {};
}

Result<StepResult> LayerRunner::step(const Chunk& chunk, std::span<const Tap> taps) {
  const std::size_t count = chunk.tokens.size();
  std::vector<std::int32_t> positions(count), pages((count + kPageCells - 1) / kPageCells);
  std::iota(positions.begin(), positions.end(), 0);
  std::iota(pages.begin(), pages.end(), 0);
  const std::vector<std::int32_t> sequences(count);
  const std::vector<std::uint8_t> wantLogits(count);
  const StepInput input{m_input, chunk.stream};
  return m_plan->run({.tokens = chunk.tokens,
                      .positions = positions,
                      .sequences = sequences,
                      .wantLogits = wantLogits,
                      .pages = pages,
                      .pagesPerSequence = static_cast<std::uint32_t>(pages.size()),
                      .targets = {},
                      .taps = taps,
                      .inputs = {&input, 1}});
}

Result<std::vector<std::vector<float>>> LayerRunner::run(std::size_t chunk, std::span<const std::string_view> names) {
  std::vector<Tap> taps;
  for (const std::string_view name : names) taps.push_back({.value = m_graph.find(concat("blk.", m_layer, ".", name))});
  StepResult result = TRY(step(m_chunks[chunk], taps));
  std::vector<std::vector<float>> values;
  for (Capture& capture : result.captures) values.push_back(std::move(capture.data));
  return values;
}

Result<void> LayerRunner::advance(std::size_t chunk) {
  constexpr std::string_view kOutput[] = {"resid_post"};
  m_chunks[chunk].stream = std::move(TRY(run(chunk, kOutput)).front());
  return {};
}

}  // namespace cutaway
