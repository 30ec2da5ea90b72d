#include "core/quant/fallback.h"

#include <algorithm>

namespace cutaway {
namespace {

struct Fallback {
  FormatId wanted, instead;
};
constexpr Fallback kFallbacks[] = {
    {FormatId::q2_K, FormatId::q4_0}, {FormatId::q3_K, FormatId::q4_0}, {FormatId::q4_K, FormatId::q5_0},
    {FormatId::q5_K, FormatId::q5_1}, {FormatId::q6_K, FormatId::q8_0},
};

bool fits(FormatId format, std::uint64_t columns) { return columns % numberFormat(format).blockSize == 0; }

}  // namespace

FormatId formatForRows(FormatId wanted, std::uint64_t columns) {
  if (fits(wanted, columns)) return wanted;
  const auto row = std::ranges::find(kFallbacks, wanted, &Fallback::wanted);
  if (row != std::end(kFallbacks) && fits(row->instead, columns)) return row->instead;
  return FormatId::f16;
}

}  // namespace cutaway
