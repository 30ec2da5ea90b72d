#include "core/quant/code_books.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace cutaway {
namespace {

constexpr std::array<float, 16> kNf4 = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

/// Of one sign: 0, 0.0625, 2, 3, 4, 6, 8 and 12, over 12.
constexpr std::array<float, 16> kFp4 = {
    -1.0f,         -8.0f / 12.0f, -6.0f / 12.0f, -4.0f / 12.0f, -3.0f / 12.0f, -2.0f / 12.0f, -0.0625f / 12.0f, 0.0f,
    0.0f,          0.0625f / 12.0f, 2.0f / 12.0f, 3.0f / 12.0f, 4.0f / 12.0f, 6.0f / 12.0f, 8.0f / 12.0f, 1.0f,
};

/// Seven decades, the i-th of 2^i values that are the middles of equal steps from 0.1 to 1, of both signs; 0 and 1.
std::array<float, 256> makeDynamic() {
  std::array<float, 256> codes{};
  std::size_t count = 0;
  for (int decade = 0; decade < 7; ++decade) {
    const int steps = 1 << decade;
    const float factor = static_cast<float>(std::pow(10.0, decade - 6));
    const double first = double{0.1f}, step = double{(1.0f - 0.1f) / static_cast<float>(steps)};
    const auto boundary = [&](int i) {  // counted from the nearer end and rounded once, as torch.linspace does
      return static_cast<float>(i < (steps + 1) / 2 ? first + step * i : 1.0 - step * (steps - i));
    };
    for (int i = 0; i < steps; ++i) {
      const float middle = (boundary(i) + boundary(i + 1)) / 2.0f;
      codes[count++] = factor * middle;
      codes[count++] = -(factor * middle);
    }
  }
  codes[count++] = 0;
  codes[count] = 1;
  std::ranges::sort(codes);
  return codes;
}

constexpr std::size_t kScaleBlock = 256;  ///< scales that share a scale

float largestOf(std::span<const float> values) {
  float most = 0;
  for (const float value : values) most = std::max(most, std::fabs(value));
  return most;
}

/// Calls body(block) for each.
template <class T, class Body>
void forBlocks(std::span<T> values, std::size_t size, Body body) {
  for (std::size_t first = 0; first < values.size(); first += size)
    body(values.subspan(first, std::min(size, values.size() - first)));
}

/// Values by nearest codes times `scale`, whose inverse is `largest`'s.
void roundBlock(std::span<const float> codes, float largest, float scale, std::span<float> values) {
  const float inverse = largest != 0 ? 1.0f / largest : 0.0f;
  for (float& value : values) value = nearestCode(codes, value * inverse) * scale;
}

void doubleQuantize(std::span<float> scales) {
  double sum = 0;
  for (const float scale : scales) sum += double{scale};
  const float mean = static_cast<float>(sum / static_cast<double>(scales.size()));
  for (float& scale : scales) scale -= mean;
  forBlocks(scales, kScaleBlock, [](std::span<float> block) {
    const float largest = largestOf(block);
    roundBlock(dynamicCodes(), largest, largest, block);
  });
  for (float& scale : scales) scale += mean;
}

}  // namespace

std::span<const float, 16> nf4Codes() { return kNf4; }
std::span<const float, 16> fp4Codes() { return kFp4; }

std::span<const float, 256> dynamicCodes() {
  static const std::array<float, 256> codes = makeDynamic();
  return codes;
}

float nearestCode(std::span<const float> codes, float x) {
  std::size_t low = 0;
  for (std::size_t count = codes.size() - 1; count > 0;) {  // codes above whose middles x may lie
    const std::size_t half = (count + 1) / 2;
    const bool isAbove = x > (codes[low + half - 1] + codes[low + half]) / 2.0f;
    low += isAbove ? half : 0;
    count = isAbove ? count - half : half - 1;
  }
  return codes[low];
}

void roundToCodes(std::span<const float, 16> codes, std::size_t blockSize, bool doubled, std::span<float> weights) {
  std::vector<float> largest;
  forBlocks(weights, blockSize, [&](std::span<float> block) { largest.push_back(largestOf(block)); });
  std::vector<float> scales = largest;
  if (doubled && !scales.empty()) doubleQuantize(scales);
  std::size_t next = 0;
  forBlocks(weights, blockSize, [&](std::span<float> block) {
    roundBlock(codes, largest[next], scales[next], block);
    ++next;
  });
}

}  // namespace cutaway
