#include "core/eval/layer_drift.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/multiversion.h"

namespace cutaway {

double VectorDrift::relativeError() const {
  if (signal > 0) return std::sqrt(noise / signal);
  return noise > 0 ? std::numeric_limits<double>::infinity() : 0;
}

VectorDrift vectorDrift(std::span<const float> a, std::span<const float> b) {
  // Several sums at once: one alone would wait for each addition.
  constexpr std::size_t kSums = 8;
  double signal[kSums] = {}, other[kSums] = {}, both[kSums] = {}, noise[kSums] = {};
  onProcessor([&](auto) CUTAWAY_INLINE_LAMBDA {
    const std::size_t whole = a.size() / kSums * kSums;
    for (std::size_t i = 0; i < whole; i += kSums)
      for (std::size_t j = 0; j < kSums; ++j) {
        const double x = a[i + j], y = b[i + j];
        signal[j] += x * x;
        other[j] += y * y;
        both[j] += x * y;
        noise[j] += (x - y) * (x - y);
      }
    for (std::size_t i = whole; i < a.size(); ++i) {
      const double x = a[i], y = b[i];
      signal[0] += x * x;
      other[0] += y * y;
      both[0] += x * y;
      noise[0] += (x - y) * (x - y);
    }
    return 0;
  });
  const auto sum = [](const double(&parts)[kSums]) {
    return ((parts[0] + parts[4]) + (parts[2] + parts[6])) + ((parts[1] + parts[5]) + (parts[3] + parts[7]));
  };
  VectorDrift drift{.signal = sum(signal), .noise = sum(noise)};
  const double lengths = std::sqrt(drift.signal) * std::sqrt(sum(other));
  if (lengths > 0)
    drift.cosine = std::clamp(sum(both) / lengths, -1.0, 1.0);
  else
    drift.cosine = drift.noise > 0 ? 0 : 1;
  return drift;
}

void DriftSums::add(const VectorDrift& drift) {
  ++m_count;
  m_cosine += drift.cosine;
  m_relative += drift.relativeError();
  m_signal += drift.signal;
  m_noise += drift.noise;
}

LayerDrift DriftSums::mean(std::uint32_t layer) const {
  if (m_count == 0) return {.layer = layer};
  return {layer, m_cosine / m_count, m_relative / m_count, 10 * std::log10(m_signal / m_noise)};
}

}  // namespace cutaway
