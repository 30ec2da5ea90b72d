#include "core/inspect/inquiry.h"

namespace cutaway {

Result<void> finish(Inquiry& inquiry, Session& session) {
  while (TRY(inquiry.step(session))) {
  }
  return {};
}

}  // namespace cutaway
