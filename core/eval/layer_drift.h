// How far a vector of one run lies from its counterpart in another, and sums of that over many tokens.
#pragma once

#include <cstdint>
#include <span>

namespace cutaway {

/// A is the reference; both are equally long.
struct VectorDrift {
  double signal = 0, noise = 0;  ///< |a|^2, |a - b|^2
  double cosine = 1;             ///< of the angle between them; 1 where both are 0, 0 where one is
  double relativeError() const;  ///< |a - b| / |a|; infinite where only a is 0
};
VectorDrift vectorDrift(std::span<const float> a, std::span<const float> b);

/// B's residual stream behind a layer beside A's, over many tokens.
struct LayerDrift {
  std::uint32_t layer = 0;
  double cosine = 1;         ///< mean over the tokens
  double relativeError = 0;  ///< mean over the tokens
  double signalToNoise = 0;  ///< dB: 10 log10(sum |a|^2 / sum |a - b|^2); infinite where they are equal
};

class DriftSums {
 public:
  void add(const VectorDrift& drift);
  LayerDrift mean(std::uint32_t layer) const;

 private:
  double m_count = 0, m_cosine = 0, m_relative = 0, m_signal = 0, m_noise = 0;
};

}  // namespace cutaway
