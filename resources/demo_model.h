// The embedded demo model and a text it was not trained on: resources/demo-model, see its MODEL_CARD.md.
#pragma once

#include "core/base/mapped_file.h"

namespace cutaway {

/// The model's file, named "demo"; it lives as long as the program.
SharedBytes demoModel();

/// Its held-out text (demo-eval.txt): transcripts of chats. It lives as long, too.
SharedBytes demoText();

}  // namespace cutaway
