#include "core/inspect/value_store.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/quant/half.h"

namespace cutaway {
namespace {

struct Extent {
  std::uint64_t tokens, heads, columns;
};

Extent extentOf(const Graph& graph, const ValueSelection& selection, std::uint32_t tokens) {
  const ValueLayout layout = layoutOf(graph, selection.value);
  return {selection.tokens.below(tokens), selection.heads.below(std::max(layout.heads, 1u)),
          selection.columns.below(layout.columns > 0 ? layout.columns : tokens)};
}

}  // namespace

std::uint64_t selectionBytes(const Graph& graph, const ValueSelection& selection, ArrayType type,
                             std::uint32_t tokens) {
  const Extent extent = extentOf(graph, selection, tokens);
  return extent.tokens * extent.heads * extent.columns * arrayTypeBytes(type);
}

ValueStore::ValueStore(const Graph& graph, ValueSelection selection, ArrayType type, std::uint32_t mostTokens)
    : m_graph(&graph), m_selection(std::move(selection)), m_layout(layoutOf(graph, m_selection.value)) {
  const Extent extent = extentOf(graph, m_selection, mostTokens);
  m_tokens = extent.tokens, m_heads = extent.heads, m_columns = extent.columns;
  m_value.name = graph.values[m_selection.value].name;
  m_value.type = type;
  m_value.bytes.resize(selectionBytes(graph, m_selection, type, mostTokens));
  if (!m_value.name.ends_with(".scores")) return;
  const std::vector<float> masked(m_columns, -std::numeric_limits<float>::infinity());
  for (std::uint64_t row = 0; row < m_heads * m_tokens; ++row) put(row * m_columns, masked);
}

std::vector<Tap> ValueStore::taps(std::uint32_t first, std::uint32_t count) const {
  std::vector<Tap> taps;
  for (const IndexRange& tokens : m_selection.tokens.within(first, first + count))
    for (const IndexRange& heads : m_selection.heads.within(0, std::max(m_layout.heads, 1u)))
      taps.push_back({.value = m_selection.value,
                      .firstToken = tokens.first - first,
                      .tokens = tokens.end - tokens.first,
                      .firstHead = heads.first,
                      .heads = heads.end - heads.first});
  return taps;
}

/// Where the numbers of a token and a head begin.
std::uint64_t ValueStore::place(std::uint32_t token, std::uint32_t head) const {
  const std::uint64_t row = m_selection.tokens.below(token), at = m_selection.heads.below(head);
  return (m_layout.headsFirst ? at * m_tokens + row : row * m_heads + at) * m_columns;
}

void ValueStore::put(std::uint64_t at, std::span<const float> values) {
  std::byte* to = m_value.bytes.data() + at * arrayTypeBytes(m_value.type);
  if (m_value.type == ArrayType::f32) {
    std::memcpy(to, values.data(), values.size_bytes());
    return;
  }
  for (const float value : values) {
    const std::uint16_t half = floatToHalf(value);
    m_value.overflowed += std::isfinite(value) && (half & 0x7fffu) == 0x7c00u;
    std::memcpy(to, &half, sizeof half);
    to += sizeof half;
  }
}

void ValueStore::store(std::uint32_t first, std::span<const Tap> taps, std::span<const Capture> captures) {
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const Tap& tap = taps[i];
    const std::span<const float> data = captures[i].data;
    const std::uint32_t width = captures[i].shape.back();
    const auto columns = m_selection.columns.within(0, width);
    for (std::uint32_t t = 0; t < tap.tokens; ++t)
      for (std::uint32_t h = 0; h < tap.heads; ++h) {
        const std::uint64_t from =
            std::uint64_t{m_layout.headsFirst ? h * tap.tokens + t : t * tap.heads + h} * width;
        std::uint64_t to = place(first + tap.firstToken + t, tap.firstHead + h);
        for (const IndexRange& range : columns) {
          put(to, data.subspan(from + range.first, range.end - range.first));
          to += range.end - range.first;
        }
      }
  }
}

/// (heads, m_tokens, m_columns) to (heads, tokens, columns), both smaller or equal, where it is.
void ValueStore::shrinkRows(std::uint64_t tokens, std::uint64_t columns) {
  const std::uint32_t each = arrayTypeBytes(m_value.type);
  std::byte* data = m_value.bytes.data();
  for (std::uint64_t head = 0; head < m_heads; ++head)
    for (std::uint64_t token = 0; token < tokens; ++token)
      std::memmove(data + (head * tokens + token) * columns * each,
                   data + (head * m_tokens + token) * m_columns * each, columns * each);
}

CapturedValue ValueStore::take(std::uint32_t tokens) {
  const Extent extent = extentOf(*m_graph, m_selection, tokens);
  if (m_layout.headsFirst) {
    shrinkRows(extent.tokens, extent.columns);
    m_value.shape = {extent.heads, extent.tokens, extent.columns};
  } else if (m_layout.heads > 0) {
    m_value.shape = {extent.tokens, extent.heads, extent.columns};
  } else {
    m_value.shape = {extent.tokens, extent.columns};
  }
  m_value.bytes.resize(selectionBytes(*m_graph, m_selection, m_value.type, tokens));
  return std::move(m_value);
}

}  // namespace cutaway
