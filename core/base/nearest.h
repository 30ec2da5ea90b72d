// Names most like one that does not exist, for errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cutaway {

/// "blk.0.attn.z, blk.0.attn.q": the three with the least Levenshtein distance, in order.
std::string nearestOf(const std::vector<std::string_view>& names, std::string_view name);

}  // namespace cutaway
