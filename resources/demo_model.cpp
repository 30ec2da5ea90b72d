#include "resources/demo_model.h"

extern "C" const std::byte cutawayDemoModelBegin[];
extern "C" const std::byte cutawayDemoModelEnd[];

namespace cutaway {

SharedBytes demoModel() { return {"demo", {cutawayDemoModelBegin, cutawayDemoModelEnd}, nullptr}; }

}  // namespace cutaway
