// F16: IEEE 754 half precision.
#include "core/quant/encoders.h"

namespace cutaway {
namespace {

using EightHalves = std::int16_t __attribute__((vector_size(16)));
using SixteenHalves = std::int16_t __attribute__((vector_size(32)));

template <class Halves>
CUTAWAY_INLINE Halves loadHalves(const std::byte* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return halves;
}

}  // namespace

// By the processor's own instruction where it has one: gcc 12 does not find it for more than one half.
void decodeF16(std::span<const std::byte> blocks, std::span<float> weights) {
  onProcessor([=]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    const std::byte* halves = blocks.data();
    float* out = weights.data();
    const std::size_t count = weights.size();
    std::size_t i = 0;
    if constexpr (On::processor == Processor::x86_64v4) {
      using Step = WeightsStep<SixteenWeights>;
      constexpr int kExact = 4, kAll = -1;
      for (; i + Step::width <= count; i += Step::width)
        Step::store(out + i, __builtin_ia32_vcvtph2ps512_mask(loadHalves<SixteenHalves>(halves + 2 * i),
                                                              Step::Floats{}, kAll, kExact));
    } else if constexpr (On::processor == Processor::x86_64v3) {
      using Step = WeightsStep<EightWeights>;
      for (; i + Step::width <= count; i += Step::width)
        Step::store(out + i, __builtin_ia32_vcvtph2ps256(loadHalves<EightHalves>(halves + 2 * i)));
    }
    for (; i < count; ++i) {
      std::uint16_t half;
      std::memcpy(&half, halves + 2 * i, sizeof half);
      out[i] = halfToFloat(half);
    }
  });
}

void encodeF16(std::span<const float> weights, std::span<const float>, std::span<std::byte> blocks) {
  onProcessor([=]<class On>(On) CUTAWAY_INLINE_LAMBDA {
    std::byte* out = blocks.data();
    std::size_t i = 0;
    if constexpr (On::processor != Processor::any) {
      constexpr int kNearestEven = 0;
      EightFloats eight;
      for (; i + 8 <= weights.size(); i += 8) {
        std::memcpy(&eight, weights.data() + i, sizeof eight);
        const auto halves = __builtin_ia32_vcvtps2ph256(eight, kNearestEven);
        std::memcpy(out + 2 * i, &halves, sizeof halves);
      }
    }
    for (; i < weights.size(); ++i) {
      const std::uint16_t half = floatToHalf(weights[i]);
      std::memcpy(out + 2 * i, &half, sizeof half);
    }
  });
}

}  // namespace cutaway
