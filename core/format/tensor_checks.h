// What every container checks of a tensor, read or to be written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/quant/number_format.h"

namespace cutaway {

/// "2048 x 256", outermost first.
std::string shapeText(std::span<const std::uint64_t> shape);

/// Bytes of a tensor of this shape. Fails, naming `file` and the tensor, unless it has 1 to 4 dimensions,
/// none of them zero, rows of whole blocks, and a size that 63 bits can count.
Result<std::uint64_t> checkedTensorBytes(std::string_view file, std::string_view name,
                                         std::span<const std::uint64_t> shape, const NumberFormat& format);

/// Fails when a name is empty or not UTF-8; `what` says whose name it is.
Result<void> checkName(std::string_view file, std::string_view what, std::string_view name);

}  // namespace cutaway
