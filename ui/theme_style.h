// The style sheet that dresses the standard widgets.
#pragma once

#include <QString>

#include "ui/theme.h"

namespace cutaway {

QString themeStyleSheet(const ThemeColours& colours, bool dark);

}  // namespace cutaway
