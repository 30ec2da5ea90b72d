// Sampler options under the field's names, for generate and chat.
#pragma once

#include <CLI/CLI.hpp>

#include "core/run/generation.h"

namespace cutaway::cli {

struct SamplingOptions {
  GenerationOptions generation;

  void declare(CLI::App& command, float defaultTemperature);
};

}  // namespace cutaway::cli
