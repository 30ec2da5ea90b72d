// What `quantize` takes for GPTQ and AWQ, and for rounding in their layouts.
#pragma once

#include <optional>

#include "app/cli/options.h"
#include "core/convert/calibrated.h"

namespace cutaway::cli {

struct CalibratedOptions {
  std::uint32_t bits = 4;
  std::int64_t group = 128;
  std::string layout, text;  ///< "gguf", "gptq" or "awq", empty: by the name of the target; a file
  bool asymmetric = false, byImportance = false, staticGroups = false, keepsRange = false, noClip = false;
  double damping = 0.01;
  std::uint32_t chunks = 128, chunkTokens = 512;

  void declare(CLI::App& command);
  /// Whether this kind of job is meant, and not one of GGUF's mixes.
  bool isMeant(const std::string& method) const { return method != "rtn" || !layout.empty(); }
  Result<CalibratedRequest> request(const ModelDescription& model, const std::string& method, const std::string& target) const;
};

}  // namespace cutaway::cli
