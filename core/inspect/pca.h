// Principal components of many states: the few directions in which they differ most.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/base/thread_pool.h"

namespace cutaway {

struct PcaOptions {
  std::size_t components = 3;
  bool directions = false;  ///< of the states at unit length: layers differ in length by far the most
  std::size_t exactSide = 1024;  ///< of states or dimensions, whichever are fewer: up to it all axes are found
};

/// Axes are of unit length, strongest first, with their largest entry positive.
struct Pca {
  std::size_t width = 0;
  bool directions = false;
  bool exact = true;  ///< false: by subspace iteration, to about 1e-6 of the variance
  std::vector<float> mean;       ///< (width)
  std::vector<float> axes;       ///< (components, width)
  std::vector<double> variance;  ///< per component, of the states; divided by their count
  double totalVariance = 0;

  std::size_t components() const { return variance.size(); }
  /// A state's place along each axis; `place` has one entry per component.
  void project(std::span<const float> state, std::span<float> place) const;
};

/// `states` (n, width), row-major. Fewer components where there are fewer states or dimensions. The covariance, or
/// where the states are fewer their products with each other, goes to Eigen's self-adjoint solver; where both are large,
/// subspace iteration finds the axes (Halko, Martinsson, Tropp 2011). States that are not finite are left out.
Pca principalComponents(std::span<const float> states, std::size_t width, const PcaOptions& options,
                        ThreadPool& pool);

}  // namespace cutaway
