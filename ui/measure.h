// Measures the window as a user has it: time until it can be used, how long its event loop was ever held up,
// how soon it stops.
#pragma once

#include "core/base/result.h"
#include "ui/main_window.h"

namespace cutaway {

/// Milliseconds.
struct WindowMeasures {
  double ready = 0;         ///< from making the window until the demo model can be talked to
  double loadingGap = 0;    ///< longest event-loop gap in that time, the making of the window excluded
  double streamingGap = 0;  ///< longest one while an answer streams
  double loadingWork = 0, streamingWork = 0;  ///< of the window's thread in these gaps; the rest went to other threads
  double tokensPerSecond = 0;
  double stopReading = 0;  ///< longest time from Stop to the device's rest while a long question is read
  double stopWriting = 0;  ///< the same while an answer is written
};

/// Shows the window, loads, lets it write one long greedy answer, and stops others at various moments. Needs
/// a QApplication.
Result<WindowMeasures> measureWindow(const WindowSetup& setup);

}  // namespace cutaway
