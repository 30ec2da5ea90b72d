// Colours and measures of the light and the dark theme; widgets ask here and nowhere else.
#pragma once

#include <QColor>
#include <QObject>
#include <QPalette>

namespace cutaway {

enum class ThemeChoice : quint8 { system, light, dark };

struct ThemeColours {
  QColor window, panel, base, text, mutedText, hairline, accent, onAccent, accentTint;
  QColor userBubble, codeBackground, selection, match, currentMatch, error, warning;
  QColor keyword, string, number, comment, function;  ///< syntax
};

/// One accent colour; colour otherwise only for data. The system's choice comes from the desktop portal, else from
/// the palette the program started with.
class Theme : public QObject {
  Q_OBJECT

 public:
  static Theme& instance();
  void setChoice(ThemeChoice choice);  ///< applies palette and style sheet to the application
  ThemeChoice choice() const { return m_choice; }
  bool isDark() const { return m_dark; }
  const ThemeColours& colours() const { return m_colours; }
  static constexpr int kGrid = 8;  ///< pixels; every distance is a multiple or half of it

  /// Background for a token: `surprise` from 0 (none) to 1. Perceptually even, safe for colour-blind people; text
  /// stays readable on it.
  QColor surprise(float surprise) const;

 signals:
  void changed();

 private:
  Theme();
  void apply();
  ThemeChoice m_choice = ThemeChoice::system;
  bool m_dark = false;
  ThemeColours m_colours;
};

}  // namespace cutaway
