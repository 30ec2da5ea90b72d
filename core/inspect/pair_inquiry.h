// A question about two models that read the same text, answered in many steps, as an Inquiry is about one.
#pragma once

#include <memory>

#include "core/run/session.h"

namespace cutaway {

class PairInquiry {
 public:
  virtual ~PairInquiry() = default;

  /// A short piece of the work, on a session of each model; both stay as they were as far as that is possible, and others
  /// may use them between two steps. False when the answer is there. Not called again after that or an error.
  virtual Result<bool> step(Session& first, Session& second) = 0;

  /// Of the work that is done, 0 to 1.
  virtual double progress() const = 0;

  /// What the next question of the same asker may go on from; kept, and freed, on the sessions' thread. Taken once, after the
  /// last step.
  virtual std::shared_ptr<void> takeKept() { return nullptr; }
};

}  // namespace cutaway
