// Pictures of the real window on the demo model, for the documentation: chat, themes, colouring, every view.
#pragma once

#include "core/base/result.h"
#include "ui/main_window.h"

namespace cutaway {

/// Draws PNG files into `directory`, which is made when it is missing. Needs a QApplication, best on the offscreen
/// platform; runs its own event loop. Greedy answers, so the pictures change only with the program.
Result<void> drawScreenshots(const WindowSetup& setup, const QString& directory);

}  // namespace cutaway
