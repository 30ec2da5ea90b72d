// Weights as numbers on the host, decoded from the model file: for what is computed about them outside the
// forward pass.
#pragma once

#include <vector>

#include "core/run/model.h"

namespace cutaway {

/// Rows first to first + count of one of the graph's weights, row-major; a vector (a norm, a bias) is one
/// row.
std::vector<float> weightRows(const ModelDescription& model, WeightId weight, std::uint64_t first,
                              std::uint64_t count);
/// A weight of one dimension.
std::vector<float> weightVector(const ModelDescription& model, WeightId weight);

/// W^T direction, for W (rows, columns) and a direction of (rows): how much each input of the matrix pushes
/// its output that way. Reads all of W.
std::vector<double> pullBack(const ModelDescription& model, WeightId weight,
                             std::span<const double> direction);

}  // namespace cutaway
