// Measures the window as a user has it: time until it can be used, and how long its event loop was ever held up.
#pragma once

#include "core/base/result.h"
#include "ui/main_window.h"

namespace cutaway {

/// Milliseconds.
struct WindowMeasures {
  double ready = 0;         ///< from making the window until the demo model can be talked to
  double loadingGap = 0;    ///< longest event-loop gap in that time, the making of the window excluded
  double streamingGap = 0;  ///< longest one while an answer streams
  double tokensPerSecond = 0;
};

/// Shows the window, loads, and lets it write one long greedy answer. Needs a QApplication.
Result<WindowMeasures> measureWindow(const WindowSetup& setup);

}  // namespace cutaway
