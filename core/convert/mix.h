// Which number format each tensor of a quantized file gets: llama.cpp's mixes, as tables.
// Source: github.com/ggml-org/llama.cpp, src/llama-quant.cpp and include/llama.h (LLAMA_FTYPE).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/format/model_file.h"

namespace cutaway {

/// A kind of file: "Q4_K_M".
struct Mix {
  const char* name;
  std::uint32_t fileType;  ///< general.file_type
  FormatId format;         ///< of most matrices
  const char* summary;     ///< for people
};

std::span<const Mix> mixes();                 ///< most bits first
const Mix* findMix(std::string_view name);    ///< case-insensitive; null when unknown
std::string mixNames();                       ///< "F16, BF16, Q8_0, .."

struct FormatChoice {
  FormatId format = FormatId::f32;
  FormatId wanted = FormatId::f32;  ///< another one where rows are no whole blocks of it
};

/// One per tensor of the file, in its order. Matrices named `..weight` are quantized, norms and biases stay as they are;
/// attn_v, ffn_down and attn_output get more bits in some layers, and the output matrix, or the embedding in its place,
/// Q6_K (Q8_0 where rows are no multiple of 256). `pure`: all matrices alike. `important`: an importance matrix is used,
/// which makes llama.cpp guard the first layers of Q4_0 and Q5_0.
std::vector<FormatChoice> chooseFormats(const ModelFile& file, const Mix& mix, bool pure, bool important);

}  // namespace cutaway
