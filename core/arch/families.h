// The families, one file each, to be reached through the table of family.cpp.
#pragma once

#include "core/arch/family.h"

namespace cutaway {

Result<Config> configureLlama(const ModelFile& file);
Result<Config> configureQwen2(const ModelFile& file);
Result<Config> configureQwen3(const ModelFile& file);
Graph buildLlama(const Config& config);  ///< also of families that differ from Llama in `Config` alone
Graph buildQwen3(const Config& config);

}  // namespace cutaway
