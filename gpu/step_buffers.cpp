#include "gpu/step_buffers.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/run/step_check.h"

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kMaxGrids = 128;
constexpr std::uint64_t kGridBytes = 16;  ///< VkDispatchIndirectCommand is 12
constexpr std::uint32_t kSharedSequences = 64;

/// Entries of all sequences' page lists: many branches may share a long prefix.
std::uint64_t pageEntries(const StepBuffers::Shape& shape) {
  return std::uint64_t{std::min(shape.maxTokens, kSharedSequences)} * shape.cachePages;
}

bool sameRope(const RopeAttributes& a, const RopeAttributes& b) {
  return a.frequency == b.frequency && a.magnitude == b.magnitude;
}

}  // namespace

std::vector<StepBuffers::Part> StepBuffers::layout(const Shape& shape, std::uint64_t alignment,
                                                   std::uint64_t& total) {
  const std::uint64_t tokens = shape.maxTokens;
  std::vector<std::uint64_t> sizes = {(tokens + 1) * kRecordWords * 4, tokens * kTileWords * 4,
                                      pageEntries(shape) * 4, kMaxGrids * kGridBytes,
                                      std::uint64_t{shape.tapWords} * 4};
  for (const RopeAttributes& rope : shape.ropes) sizes.push_back(tokens * rope.frequency.size() * 8);
  std::vector<Part> parts;
  total = 0;
  for (const std::uint64_t size : sizes) {
    parts.push_back({total, size});
    total += (size + alignment - 1) / alignment * alignment;
  }
  return parts;
}

std::uint64_t StepBuffers::bytes(const Shape& shape) {
  std::uint64_t total = 0;
  layout(shape, 256, total);
  return total * (1 + kSlots);
}

Result<StepBuffers> StepBuffers::create(const std::shared_ptr<const Device>& device, Shape shape) {
  StepBuffers buffers;
  std::uint64_t total = 0;
  const auto parts = layout(shape, device->physical().limits().bufferAlignment, total);
  const auto divide = [&](const Slice& whole) {
    std::vector<Slice> slices;
    for (const Part& part : parts) slices.push_back(whole.part(part.offset, part.bytes));
    return slices;
  };
  buffers.m_parts = divide(TRY(allocateSlice(device, MemoryUse::device, total, "the step's arrays")));
  for (auto& upload : buffers.m_upload)
    upload = divide(TRY(allocateSlice(device, MemoryUse::upload, total, "the step's arrays")));
  for (auto& written : buffers.m_written) written.resize(parts.size());
  buffers.m_shape = std::move(shape);
  return buffers;
}

std::size_t StepBuffers::ropeIndex(const RopeAttributes& attributes) const {
  const auto found =
      std::ranges::find_if(m_shape.ropes, [&](const auto& rope) { return sameRope(rope, attributes); });
  return static_cast<std::size_t>(found - m_shape.ropes.begin());
}

Result<Slice> StepBuffers::gridArguments(const Grid& grid) {
  const auto found = std::ranges::find(m_grids, grid);
  const auto index = static_cast<std::size_t>(found - m_grids.begin());
  if (found == m_grids.end()) {
    if (m_grids.size() == kMaxGrids)
      return fail(ErrorKind::device, "the graph needs launches of more than ", kMaxGrids, " different sizes");
    m_grids.push_back(grid);
  }
  return m_parts[kGridPart].part(index * kGridBytes, kGridBytes);
}

Result<StepSizes> StepBuffers::write(std::uint32_t slot, const Step& step, std::uint32_t tileTokens,
                                     std::span<const std::uint32_t> tapWords) {
  const auto firstPage = TRY(writePages(slot, step));
  StepSizes sizes;
  sizes.tokens = static_cast<std::uint32_t>(step.tokens.size());
  sizes.tiles = writeTiles(slot, step, firstPage, tileTokens);
  sizes.splits = (contextLength(step) + kSplitCells - 1) / kSplitCells;
  writeRecords(slot, step, firstPage, sizes.tiles);
  writeAngles(slot, step);
  writeGrids(slot, sizes);
  writeTapWords(slot, tapWords);
  return sizes;
}

void StepBuffers::recordCopies(std::uint32_t slot, CommandBuffer& commands) const {
  for (std::size_t i = 0; i < m_parts.size(); ++i)
    commands.copy(m_upload[slot][i], m_parts[i], m_written[slot][i]);
}

void StepBuffers::setToken(std::uint32_t slot, TokenId token) const {
  uploadPart<std::uint32_t>(slot, 0)[kRecordWords] = static_cast<std::uint32_t>(token);
}

template <class T>
T* StepBuffers::uploadPart(std::uint32_t slot, std::size_t part) const {
  return reinterpret_cast<T*>(m_upload[slot][part].mapped());
}

/// The page list of each sequence in use, as far as its tokens reach; returns per sequence where its list
/// begins.
Result<std::vector<std::uint32_t>> StepBuffers::writePages(std::uint32_t slot, const Step& step) {
  std::vector<std::uint32_t> used(step.pages.size() / std::max(step.pagesPerSequence, 1u));
  for (std::size_t t = 0; t < step.tokens.size(); ++t) {
    auto& count = used[step.sequences[t]];
    count = std::max(count, static_cast<std::uint32_t>(step.positions[t]) / kPageCells + 1);
  }
  auto* out = uploadPart<std::uint32_t>(slot, 2);
  std::vector<std::uint32_t> first(used.size());
  std::uint64_t written = 0;
  for (std::size_t s = 0; s < used.size(); ++s) {
    if (written + used[s] > pageEntries(m_shape))
      return fail(ErrorKind::badInput, "the step's sequences read more than ", pageEntries(m_shape),
                  " cache pages; run fewer sequences in one step");
    first[s] = static_cast<std::uint32_t>(written);
    for (std::uint32_t i = 0; i < used[s]; ++i)
      out[written++] = static_cast<std::uint32_t>(step.pages[s * step.pagesPerSequence + i]);
  }
  m_written[slot][2] = written * 4;
  return first;
}

/// Runs of at most tileTokens tokens of one sequence at consecutive positions.
std::uint32_t StepBuffers::writeTiles(std::uint32_t slot, const Step& step,
                                      std::span<const std::uint32_t> firstPage, std::uint32_t tileTokens) {
  auto* out = uploadPart<std::uint32_t>(slot, 1);
  std::uint32_t tiles = 0;
  for (std::uint32_t t = 0; t < step.tokens.size(); ++t) {
    std::uint32_t* last = tiles > 0 ? out + (tiles - 1) * kTileWords : nullptr;
    const bool joins = last && last[1] < tileTokens && step.sequences[t] == step.sequences[t - 1] &&
                       step.positions[t] == step.positions[t - 1] + 1;
    const auto cells = static_cast<std::uint32_t>(step.positions[t]) + 1;
    if (joins) {
      ++last[1];
      last[3] = cells;
    } else {
      const std::uint32_t tile[kTileWords] = {t, 1, firstPage[step.sequences[t]], cells};
      std::memcpy(out + tiles++ * kTileWords, tile, sizeof tile);
    }
  }
  m_written[slot][1] = std::uint64_t{tiles} * kTileWords * 4;
  return tiles;
}

void StepBuffers::writeRecords(std::uint32_t slot, const Step& step, std::span<const std::uint32_t> firstPage,
                               std::uint32_t tiles) {
  const auto tokens = static_cast<std::uint32_t>(step.tokens.size());
  auto* out = uploadPart<std::uint32_t>(slot, 0);
  const std::uint32_t header[kRecordWords] = {tokens, wantedRows(step), tiles, contextLength(step)};
  std::memcpy(out, header, sizeof header);
  std::uint32_t wanted = 0;
  for (std::uint32_t t = 0; t < tokens; ++t) {
    const auto position = static_cast<std::uint32_t>(step.positions[t]);
    const auto page =
        step.pages[step.sequences[t] * std::size_t{step.pagesPerSequence} + position / kPageCells];
    std::uint32_t* record = out + (t + 1) * kRecordWords;
    record[0] = static_cast<std::uint32_t>(step.tokens[t]);
    record[1] = position;
    record[2] = static_cast<std::uint32_t>(page) * kPageCells + position % kPageCells;
    record[3] = firstPage[step.sequences[t]];
    if (!step.wantLogits[t]) continue;
    std::uint32_t* row = out + (wanted + 1) * kRecordWords;
    row[4] = t;
    row[5] = step.targets.empty() ? kNoTarget : static_cast<std::uint32_t>(step.targets[wanted]);
    ++wanted;
  }
  m_written[slot][0] = (std::uint64_t{tokens} + 1) * kRecordWords * 4;
}

/// Angles are made in F64 here: a kernel's sine is not exact for the large angles of late positions.
void StepBuffers::writeAngles(std::uint32_t slot, const Step& step) {
  for (std::size_t r = 0; r < m_shape.ropes.size(); ++r) {
    const RopeAttributes& rope = m_shape.ropes[r];
    auto* out = uploadPart<float>(slot, kFirstRope + r);
    for (const std::int32_t position : step.positions)
      for (const float frequency : rope.frequency) {
        const double angle = static_cast<double>(position) * static_cast<double>(frequency);
        *out++ = static_cast<float>(std::cos(angle) * static_cast<double>(rope.magnitude));
        *out++ = static_cast<float>(std::sin(angle) * static_cast<double>(rope.magnitude));
      }
    m_written[slot][kFirstRope + r] = step.tokens.size() * rope.frequency.size() * 8;
  }
}

void StepBuffers::writeGrids(std::uint32_t slot, const StepSizes& sizes) {
  auto* out = uploadPart<std::uint32_t>(slot, kGridPart);
  for (std::size_t i = 0; i < m_grids.size(); ++i)
    for (std::size_t d = 0; d < 3; ++d) out[i * kGridBytes / 4 + d] = evaluate(m_grids[i][d], sizes);
  m_written[slot][kGridPart] = m_grids.size() * kGridBytes;
}

/// Steps without taps, one after the other, copy nothing.
void StepBuffers::writeTapWords(std::uint32_t slot, std::span<const std::uint32_t> words) {
  const std::uint64_t bytes = std::uint64_t{m_shape.tapWords} * 4;
  auto* out = uploadPart<std::uint32_t>(slot, kTapPart);
  if (!words.empty())
    std::ranges::copy(words, out);
  else if (m_tapsAreSet)
    std::memset(out, 0, bytes);
  m_written[slot][kTapPart] = words.empty() && !m_tapsAreSet ? 0 : bytes;
  m_tapsAreSet = !words.empty();
}

}  // namespace cutaway::gpu
