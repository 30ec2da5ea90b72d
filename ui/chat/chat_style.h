// Fonts, colours and distances of the chat pane, taken once from the widget's font and the theme.
#pragma once

#include <QCoreApplication>
#include <QFont>
#include <QFontMetricsF>

#include "ui/chat/code_highlight.h"
#include "ui/theme.h"

namespace cutaway {

/// The context of the pane's strings for translators.
class ChatText {
  Q_DECLARE_TR_FUNCTIONS(cutaway::ChatText)
};

struct ChatStyle {
  explicit ChatStyle(const QFont& font = QFont());

  QFont body, mono, small;
  ThemeColours colours;

  QFont heading(int level) const;
  QColor codeColour(CodeColour colour) const;

  static constexpr int kGrid = Theme::kGrid;
  static constexpr int kColumn = 760;         ///< widest text column
  static constexpr qreal kLineFactor = 1.35;  ///< line pitch over the font's height
  static constexpr int kIndent = 3 * kGrid;   ///< of a list's item
  static constexpr int kQuoteIndent = 2 * kGrid;

  static qreal linePitch(const QFont& font);
};

/// What layout has cost since the program began; tests hold it against what changed.
struct LayoutCounters {
  qint64 messages = 0, blocks = 0, characters = 0;
};
LayoutCounters& layoutCounters();

}  // namespace cutaway
