#include "core/inspect/live_rows.h"

#include <iterator>
#include <utility>

namespace cutaway {

LiveRows::LiveRows(const Graph& graph, std::size_t capacity) : m_capacity(capacity) {
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer)
    m_patterns.push_back(graph.find(concat("blk.", layer, ".attn.pattern")));
}

void LiveRows::setLayer(std::optional<std::uint32_t> layer) {
  if (layer && (*layer >= m_patterns.size() || m_patterns[*layer] == kNone)) layer.reset();
  if (layer == m_layer) return;
  m_layer = layer;
  if (layer) m_tap = {.value = m_patterns[*layer]};
  clear();
}

void LiveRows::clear() {
  m_rows.clear();
  m_lost = 0;
}

LiveBatch LiveRows::take() {
  LiveBatch batch{m_layer.value_or(0), {}, m_lost};
  batch.rows.assign(std::make_move_iterator(m_rows.begin()), std::make_move_iterator(m_rows.end()));
  m_rows.clear();
  return batch;
}

std::span<const Tap> LiveRows::taps(std::uint32_t, std::uint32_t count, bool again) {
  if (!m_layer || again) return {};
  m_tap.firstToken = count - 1;
  m_tap.tokens = count > 1 ? 1 : 0;
  return {&m_tap, 1};
}

void LiveRows::captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) {
  Capture& pattern = captures.front();
  if (pattern.value != m_tap.value) return;  // of a step that began before another layer was chosen
  m_rows.push_back({first + count - 1, pattern.shape.front(), std::move(pattern.data)});
  if (m_rows.size() <= m_capacity) return;
  m_rows.pop_front();
  ++m_lost;
}

void LiveRows::truncated(std::uint32_t length) {
  while (!m_rows.empty() && m_rows.back().position >= length) m_rows.pop_back();
}

}  // namespace cutaway
