#include "ui/base/thread_check.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace cutaway {
namespace {

std::atomic<std::thread::id> uiThread;

struct Notes {
  std::mutex mutex;
  std::vector<std::string> violations;
  std::set<std::string> entered;
};

Notes& notes() {
  static Notes instance;
  return instance;
}

}  // namespace

void setUiThread() { uiThread = std::this_thread::get_id(); }

bool onUiThread() { return uiThread.load() == std::this_thread::get_id(); }

void noteBlockingCall(const char* name) {
  std::lock_guard lock(notes().mutex);
  notes().entered.insert(name);
  if (onUiThread()) notes().violations.emplace_back(name);
}

ThreadCheck threadCheck() {
  std::lock_guard lock(notes().mutex);
  return {notes().violations, {notes().entered.begin(), notes().entered.end()}};
}

}  // namespace cutaway
