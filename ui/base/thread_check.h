// Notes which threads enter the engine, the store and the files, so that tests can show that the UI thread does not.
#pragma once

#include <string>
#include <vector>

namespace cutaway {

/// To be called once from the thread that runs the event loop; the main window does.
void setUiThread();
bool onUiThread();

/// At the entry of every call that may compute, wait or touch a file. On the UI thread it counts as a violation.
void noteBlockingCall(const char* name);

struct ThreadCheck {
  std::vector<std::string> violations;  ///< names of calls that came from the UI thread
  std::vector<std::string> entered;     ///< names of all calls, each once
};
ThreadCheck threadCheck();  ///< since the program's start

}  // namespace cutaway
