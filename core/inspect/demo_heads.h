// What is known of the demo model's heads beforehand, and must be said where they are shown: see its MODEL_CARD.md.
#pragma once

namespace cutaway {

inline constexpr const char* kDemoHeads =
    "In the demo model an induction circuit was seeded before training, not discovered: layer 0, heads 0 and 1; layer 1, heads "
    "0, 2, 4 and 6. Training was free to change them; all other heads started from random numbers.";

}  // namespace cutaway
