// Colours and measures of the light and the dark theme; widgets ask here and nowhere else.
#pragma once

#include <QColor>
#include <QObject>
#include <QPalette>
#include <memory>
#include <optional>

namespace cutaway {

class ThemePortal;

enum class ThemeChoice : quint8 { system, light, dark };

struct ThemeColours {
  QColor window, panel, base, text, mutedText, hairline, accent, onAccent, accentTint;
  QColor userBubble, codeBackground, selection, match, currentMatch, error, warning;
  QColor keyword, string, number, comment, function;  ///< syntax
  QColor mostSurprising;                              ///< the far end of surprise()
};

/// The two themes as tables; Theme picks one of them.
const ThemeColours& lightColours();
const ThemeColours& darkColours();

/// Black on white, white on black and the like, as people choose who need it.
bool isHighContrast(const QPalette& palette);
/// The system's own colours, and no others; hairlines and muted text in the colour of the text.
ThemeColours contrastColours(const QPalette& palette);

/// A step from `ground` (0) to `end` (1), straight in OKLab (Ottosson 2020), so that equal steps look equal.
QColor mixPerceptually(const QColor& ground, const QColor& end, float amount);

/// WCAG 2.1 contrast ratio of two opaque colours, 1 to 21.
double contrastRatio(const QColor& a, const QColor& b);

/// One accent colour; colour otherwise only for data. The system's choice comes from the desktop portal,
/// asked on a thread of its own, else from the palette the program started with. A high-contrast palette is kept
/// as it is while the choice is the system's.
class Theme : public QObject {
  Q_OBJECT

 public:
  static Theme& instance();
  ~Theme() override;
  void setChoice(ThemeChoice choice);  ///< applies palette and style sheet to the application
  ThemeChoice choice() const { return m_choice; }
  bool isDark() const { return m_dark; }
  const ThemeColours& colours() const {
    if (m_contrast && m_choice == ThemeChoice::system) return *m_contrast;
    return m_dark ? darkColours() : lightColours();
  }
  static constexpr int kGrid = 8;  ///< pixels; every distance is a multiple or half of it

  /// Background for a token: `surprise` from 0 (none: the ground itself) to 1. One hue, even steps of
  /// lightness, safe for colour-blind people; text stays readable on it.
  QColor surprise(float surprise) const { return this->surprise(surprise, colours().window); }
  QColor surprise(float surprise, const QColor& ground) const;

 signals:
  void changed();

 private:
  Theme();
  void apply();
  bool wantsDark() const;

  ThemeChoice m_choice = ThemeChoice::system;
  bool m_dark = false;
  bool m_systemDark = false;
  bool m_applied = false;
  std::optional<ThemeColours> m_contrast;  ///< when the program started with such a palette
  std::unique_ptr<ThemePortal> m_portal;
};

}  // namespace cutaway
