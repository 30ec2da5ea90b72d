// The embedded demo model: resources/demo-model/demo-f16.gguf, see its MODEL_CARD.md.
#pragma once

#include "core/base/mapped_file.h"

namespace cutaway {

/// The model's file, named "demo"; it lives as long as the program.
SharedBytes demoModel();

}  // namespace cutaway
