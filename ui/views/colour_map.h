// Colours for weights from 0 to 1: from the panel's ground through the accent to the strongest, in even steps.
#pragma once

#include <QRgb>
#include <array>

namespace cutaway {

/// Of the theme as it is now. Lightness (OKLab) changes evenly and in one direction, so that equal steps look equal and
/// colour-blind people see the same order.
using ColourTable = std::array<QRgb, 256>;
ColourTable weightColours();

}  // namespace cutaway
