#include "core/quant/number_format.h"

#include <array>
#include <cctype>

#include "core/quant/encoders.h"

namespace cutaway {
namespace {

constexpr NumberFormat kFormats[] = {
    {FormatId::f32, "F32", 0, 1, 4, decodeF32, encodeF32},
    {FormatId::f16, "F16", 1, 1, 2, decodeF16, encodeF16},
    {FormatId::bf16, "BF16", 30, 1, 2, decodeBf16, encodeBf16},
    {FormatId::q8_0, "Q8_0", 8, 32, 34, decodeQ8_0, encodeQ8_0},
    {FormatId::q4_0, "Q4_0", 2, 32, 18, decodeQ4_0, encodeQ4_0},
    {FormatId::q4_1, "Q4_1", 3, 32, 20, decodeQ4_1, encodeQ4_1},
    {FormatId::q5_0, "Q5_0", 6, 32, 22, decodeQ5_0, encodeQ5_0},
    {FormatId::q5_1, "Q5_1", 7, 32, 24, decodeQ5_1, encodeQ5_1},
    {FormatId::q2_K, "Q2_K", 10, 256, 84, decodeQ2K, encodeQ2K},
    {FormatId::q3_K, "Q3_K", 11, 256, 110, decodeQ3K, encodeQ3K},
    {FormatId::q4_K, "Q4_K", 12, 256, 144, decodeQ4K, encodeQ4K},
    {FormatId::q5_K, "Q5_K", 13, 256, 176, decodeQ5K, encodeQ5K},
    {FormatId::q6_K, "Q6_K", 14, 256, 210, decodeQ6K, encodeQ6K},
    {FormatId::q4_Z, "Q4_Z", kNoGgufType, 32, 20, decodeQ4Z, encodeQ4Z},
};

constexpr bool isOrderedById() {
  for (std::size_t i = 0; i < std::size(kFormats); ++i)
    if (static_cast<std::size_t>(kFormats[i].id) != i) return false;
  return std::size(kFormats) == kFormatCount;
}
static_assert(isOrderedById());

/// By ggml's number, the withdrawn ones included. Sources: ggml/include/ggml.h, the gguf package's
/// constants.py.
constexpr const char* kGgmlTypeNames[] = {
    "F32",   "F16",        "Q4_0",       "Q4_1",       "Q4_2",     "Q4_3",     "Q5_0",
    "Q5_1",  "Q8_0",       "Q8_1",       "Q2_K",       "Q3_K",     "Q4_K",     "Q5_K",
    "Q6_K",  "Q8_K",       "IQ2_XXS",    "IQ2_XS",     "IQ3_XXS",  "IQ1_S",    "IQ4_NL",
    "IQ3_S", "IQ2_S",      "IQ4_XS",     "I8",         "I16",      "I32",      "I64",
    "F64",   "IQ1_M",      "BF16",       "Q4_0_4_4",   "Q4_0_4_8", "Q4_0_8_8", "TQ1_0",
    "TQ2_0", "IQ4_NL_4_4", "IQ4_NL_4_8", "IQ4_NL_8_8", "MXFP4",    "NVFP4",    "Q1_0",
};
static_assert(std::size(kGgmlTypeNames) == 42);

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != std::tolower(static_cast<unsigned char>(b[i])))
      return false;
  return true;
}

}  // namespace

std::span<const NumberFormat> numberFormats() { return kFormats; }

const NumberFormat& numberFormat(FormatId id) { return kFormats[static_cast<std::size_t>(id)]; }

const NumberFormat* findFormatByGgufType(std::uint32_t ggufType) {
  for (const NumberFormat& format : kFormats)
    if (format.inGguf() && format.ggufType == ggufType) return &format;
  return nullptr;
}

const NumberFormat* findFormatByName(std::string_view name) {
  for (const NumberFormat& format : kFormats)
    if (equalIgnoringCase(format.name, name)) return &format;
  return nullptr;
}

std::string ggmlTypeName(std::uint32_t ggufType) {
  if (ggufType < std::size(kGgmlTypeNames)) return kGgmlTypeNames[ggufType];
  return concat("type ", ggufType);
}

}  // namespace cutaway
