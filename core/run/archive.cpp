#include "core/run/archive.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/quant/half.h"

namespace cutaway {
namespace {

/// A power of two that brings the row into the range of halves, where they are not subnormal for want of it.
float scaleOf(std::span<const float> row) {
  float largest = 0;
  for (const float x : row) largest = std::max(largest, std::abs(x));
  if (!std::isfinite(largest) || largest == 0) return 1;
  return std::exp2(static_cast<float>(std::ilogb(largest) - 14));
}

}  // namespace

ResidualArchive::ResidualArchive(const Graph& graph, Ledger& ledger, std::uint64_t budget)
    : m_ledger(ledger), m_budget(budget), m_width(graph.width) {
  if (const ValueId embed = graph.find("embed"); embed != kNone) m_values.push_back(embed);
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer)
    if (const ValueId value = graph.find(concat("blk.", layer, ".resid_post")); value != kNone)
      m_values.push_back(value);
  for (const ValueId value : m_values) m_taps.push_back({.value = value});
  m_rowBytes = m_values.size() * (m_width * sizeof(std::uint16_t) + sizeof(float));
}

std::vector<IndexRange> ResidualArchive::held() const {
  std::vector<IndexRange> ranges;
  for (const auto& [index, block] : m_blocks)
    for (std::uint32_t i = 0; i < kBlockTokens; ++i) {
      if ((block.held >> i & 1) == 0) continue;
      const std::uint32_t position = index * kBlockTokens + i;
      if (!ranges.empty() && ranges.back().end == position)
        ++ranges.back().end;
      else
        ranges.push_back({position, position + 1});
    }
  return ranges;
}

bool ResidualArchive::holds(std::uint32_t first, std::uint32_t count) const {
  for (std::uint32_t position = first; position < first + count; ++position) {
    const auto block = m_blocks.find(position / kBlockTokens);
    if (block == m_blocks.end() || (block->second.held >> position % kBlockTokens & 1) == 0) return false;
  }
  return true;
}

std::vector<float> ResidualArchive::rows(ValueId value, std::span<const std::uint32_t> positions) const {
  const auto index = static_cast<std::size_t>(std::ranges::find(m_values, value) - m_values.begin());
  std::vector<float> rows(positions.size() * m_width);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const std::uint32_t position = positions[i];
    const Block& block = m_blocks.at(position / kBlockTokens);
    const std::size_t row = index * kBlockTokens + position % kBlockTokens;
    const std::uint16_t* halves = block.halves.data() + row * m_width;
    for (std::uint32_t j = 0; j < m_width; ++j)
      rows[i * m_width + j] = halfToFloat(halves[j]) * block.scales[row];
  }
  return rows;
}

std::span<const Tap> ResidualArchive::taps(std::uint32_t first, std::uint32_t count, bool again) {
  if (!m_on || m_values.empty() || (again && holds(first, count))) return {};
  // A step must not fail because somebody would like to look inside.
  if (blockBytes() > m_budget || !m_ledger.fits(2 * count * m_values.size() * m_width * sizeof(float)))
    return {};
  return m_taps;
}

/// The block, new where need be; null when there is no memory for it.
ResidualArchive::Block* ResidualArchive::blockFor(std::uint32_t index) {
  if (const auto known = m_blocks.find(index); known != m_blocks.end()) return &known->second;
  while (!m_blocks.empty() && bytes() + blockBytes() > m_budget) {
    if (m_blocks.begin()->first > index) return nullptr;  // what comes later in the text is worth more
    m_blocks.erase(m_blocks.begin());
  }
  auto reservation = m_ledger.reserve(MemoryClass::archive, blockBytes(), "the archive of inner states");
  if (!reservation) return nullptr;
  Block& block = m_blocks[index];
  block.reservation = std::move(*reservation);
  block.halves.resize(m_values.size() * kBlockTokens * m_width);
  block.scales.resize(m_values.size() * kBlockTokens);
  return &block;
}

void ResidualArchive::captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t position = first + i, place = position % kBlockTokens;
    Block* block = blockFor(position / kBlockTokens);
    if (block == nullptr) continue;
    for (std::size_t value = 0; value < captures.size(); ++value) {
      const auto row = std::span(captures[value].data).subspan(std::size_t{i} * m_width, m_width);
      const float scale = scaleOf(row), inverse = 1 / scale;
      std::uint16_t* halves = block->halves.data() + (value * kBlockTokens + place) * m_width;
      for (std::uint32_t j = 0; j < m_width; ++j) halves[j] = floatToHalf(row[j] * inverse);
      block->scales[value * kBlockTokens + place] = scale;
    }
    block->held |= std::uint64_t{1} << place;
  }
}

void ResidualArchive::truncated(std::uint32_t length) {
  m_blocks.erase(m_blocks.lower_bound((length + kBlockTokens - 1) / kBlockTokens), m_blocks.end());
  if (const auto last = m_blocks.find(length / kBlockTokens);
      last != m_blocks.end() && length % kBlockTokens != 0)
    last->second.held &= (std::uint64_t{1} << length % kBlockTokens) - 1;
}

}  // namespace cutaway
