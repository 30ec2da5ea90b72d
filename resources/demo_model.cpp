#include "resources/demo_model.h"

extern "C" const std::byte cutawayDemoModelBegin[];
extern "C" const std::byte cutawayDemoModelEnd[];
extern "C" const std::byte cutawayDemoTextBegin[];
extern "C" const std::byte cutawayDemoTextEnd[];

namespace cutaway {

SharedBytes demoModel() { return {"demo", {cutawayDemoModelBegin, cutawayDemoModelEnd}, nullptr}; }

SharedBytes demoText() { return {"the demo model's held-out text", {cutawayDemoTextBegin, cutawayDemoTextEnd}, nullptr}; }

}  // namespace cutaway
