// What `quantize` takes for GPTQ and AWQ, and for rounding in their layouts.
#pragma once

#include <optional>

#include "app/cli/options.h"
#include "core/convert/quantize.h"

namespace cutaway::cli {

struct CalibratedOptions {
  std::uint32_t bits = 4;
  std::int64_t group = 128;
  std::string layout, text;  ///< "gguf", "gptq" or "awq", empty: by the name of the target; a file
  bool asymmetric = false, byImportance = false, staticGroups = false, keepsRange = false, noClip = false;
  double damping = 0.01;
  std::uint32_t chunks = 128, chunkTokens = 512;

  void declare(CLI::App& command);
  /// The part of a request for `method`, whose target is known. Reads the text.
  Result<void> fill(const QuantizeMethod& method, QuantizeRequest& request) const;
};

}  // namespace cutaway::cli
