#include "core/eval/comparison.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{64} << 20;  ///< of logits and states, per model

/// None where the models' streams cannot be set side by side.
std::pair<std::vector<Tap>, std::vector<Tap>> streamTaps(const Graph& a, const Graph& b) {
  std::pair<std::vector<Tap>, std::vector<Tap>> taps;
  if (a.layers != b.layers || a.width != b.width) return taps;
  for (std::uint32_t layer = 0; layer < a.layers; ++layer) {
    const std::string name = concat("blk.", layer, ".resid_post");
    const ValueId inA = a.find(name), inB = b.find(name);
    if (inA == kNone || inB == kNone) return {};
    taps.first.push_back({.value = inA});
    taps.second.push_back({.value = inB});
  }
  return taps;
}

}  // namespace

Result<Comparison> Comparison::create(Session& a, Session& b, std::vector<TokenId> tokens,
                                      const ComparisonOptions& options) {
  TRY(checkSameTokens(*a.model().description, *b.model().description));
  auto text =
      TRY(windowedText(a.tokenizer(), std::min(a.context(), b.context()), std::move(tokens), options.windows));
  return Comparison(a, b, std::move(text), options);
}

Comparison::Comparison(Session& a, Session& b, WindowedText text, const ComparisonOptions& options)
    : m_a(&a),
      m_b(&b),
      m_text(std::move(text)),
      m_options(options),
      m_vocabulary(sharedVocabulary(*a.model().description, *b.model().description)) {
  if (options.layers)
    std::tie(m_tapsA, m_tapsB) =
        streamTaps(a.model().description->graph(), b.model().description->graph());
  m_layers.resize(m_tapsA.size());
  for (const TextWindow& window : m_text.windows) m_total += 2 * (window.end - window.begin - 1);
}

/// A chunk is scored whole or not at all. The last token of a window predicts nothing that is in it.
Result<void> Comparison::beginChunk() {
  const TextWindow& window = m_text.windows[m_window];
  if (m_begin == 0) {
    m_tokens = m_text.read(window);
    TRY(m_a->rewind(m_tokens));  // says so at once when the window is too long
    TRY(m_b->rewind(m_tokens));
    TRY(m_a->rewind({}));
    TRY(m_b->rewind({}));
  }
  const std::size_t first = window.first - window.begin, last = m_tokens.size() - 1;
  m_scored = m_begin >= first;
  const std::size_t left = (m_scored ? last : first) - m_begin;
  std::uint64_t count = std::min(m_a->chunkTokens(m_options.budget), m_b->chunkTokens(m_options.budget));
  if (m_scored) {
    const Graph& graph = m_a->model().description->graph();
    const std::uint64_t row = sizeof(float) * (graph.vocabulary + m_tapsA.size() * std::uint64_t{graph.width});
    count = std::min(count, std::max<std::uint64_t>(kChunkBytes / row, 1));
  }
  m_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, left));
  return {};
}

Result<StepResult> Comparison::readChunk(Session& session, std::span<const Tap> taps) {
  const auto tokens = std::span(m_tokens).subspan(m_begin, m_count);
  m_readTokens += m_count;
  if (!m_scored) return session.step(tokens, {});
  return session.step(tokens, {.lastOnly = false, .fullLogits = true, .taps = taps});
}

Result<bool> Comparison::step() {
  if (m_window == m_text.windows.size()) return false;
  if (m_count == 0) {
    TRY(beginChunk());
    m_rowsA = TRY(readChunk(*m_a, m_tapsA));
    return true;
  }
  const StepResult rowsB = TRY(readChunk(*m_b, m_tapsB));
  if (m_scored) {
    compareRows(rowsB);
    compareLayers(rowsB);
  }
  endChunk();
  return m_window < m_text.windows.size();
}

void Comparison::compareRows(const StepResult& b) {
  const std::size_t before = m_places.size();
  m_places.resize(before + m_count);
  const auto row = [this](const StepResult& from, std::size_t i) {
    return std::span<const float>(from.rows[i].logits).first(m_vocabulary);
  };
  m_pool->parallelFor(m_count, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      m_places[before + i] = divergenceOf(row(m_rowsA, i), row(b, i), m_tokens[m_begin + i + 1]);
  });
  for (std::size_t i = 0; i < m_count; ++i) {
    m_tokenOfPlace.push_back(m_text.windows[m_window].begin + m_begin + i);
    if (m_visitor) m_visitor(row(m_rowsA, i), row(b, i), m_tokens[m_begin + i + 1]);
  }
}

void Comparison::compareLayers(const StepResult& b) {
  if (m_layers.empty()) return;
  const std::size_t width = m_a->model().description->graph().width;
  m_pool->parallelFor(m_layers.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t layer = begin; layer < end; ++layer)
      for (std::size_t i = 0; i < m_count; ++i) {
        const auto of = [&](const StepResult& from) {
          return std::span<const float>(from.captures[layer].data).subspan(i * width, width);
        };
        m_layers[layer].add(vectorDrift(of(m_rowsA), of(b)));
      }
  });
}

void Comparison::endChunk() {
  m_rowsA = {};
  m_begin += std::exchange(m_count, 0);
  const bool enough = m_places.size() >= m_options.places;
  if (m_begin + 1 < m_tokens.size() && !enough) return;
  m_begin = 0;
  m_window = enough ? m_text.windows.size() : m_window + 1;
}

std::uint64_t Comparison::plannedPlaces() const {
  std::uint64_t places = 0;
  for (const TextWindow& window : m_text.windows) places += window.end - 1 - window.first;
  return places;
}

std::vector<LayerDrift> Comparison::layers() const {
  std::vector<LayerDrift> result;
  for (std::uint32_t layer = 0; layer < m_layers.size(); ++layer) result.push_back(m_layers[layer].mean(layer));
  return result;
}

}  // namespace cutaway
