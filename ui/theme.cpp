#include "ui/theme.h"

#include <QApplication>

#include "ui/theme_portal.h"
#include "ui/theme_style.h"

namespace cutaway {

namespace {

QPalette paletteOf(const ThemeColours& c) {
  QPalette p;
  p.setColor(QPalette::Window, c.window);
  p.setColor(QPalette::WindowText, c.text);
  p.setColor(QPalette::Base, c.base);
  p.setColor(QPalette::AlternateBase, c.panel);
  p.setColor(QPalette::Text, c.text);
  p.setColor(QPalette::PlaceholderText, c.mutedText);
  p.setColor(QPalette::Button, c.panel);
  p.setColor(QPalette::ButtonText, c.text);
  p.setColor(QPalette::BrightText, c.error);
  p.setColor(QPalette::ToolTipBase, c.panel);
  p.setColor(QPalette::ToolTipText, c.text);
  p.setColor(QPalette::Highlight, c.accent);
  p.setColor(QPalette::HighlightedText, c.onAccent);
  p.setColor(QPalette::Link, c.accent);
  p.setColor(QPalette::LinkVisited, c.accent);
  p.setColor(QPalette::Light, c.base);
  p.setColor(QPalette::Midlight, c.panel);
  p.setColor(QPalette::Mid, c.hairline);
  p.setColor(QPalette::Dark, c.hairline.darker(120));
  p.setColor(QPalette::Shadow, c.hairline.darker(160));
  for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, mixPerceptually(c.window, c.mutedText, 0.7f));
  p.setColor(QPalette::Disabled, QPalette::Highlight, c.hairline);
  return p;
}

}  // namespace

Theme& Theme::instance() {
  static Theme theme;
  return theme;
}

Theme::Theme() : m_portal(std::make_unique<ThemePortal>()) {
  const QPalette started = QGuiApplication::palette();
  m_systemDark =
      started.color(QPalette::Window).lightnessF() < started.color(QPalette::WindowText).lightnessF();
  if (isHighContrast(started)) m_contrast = contrastColours(started);
  m_dark = wantsDark();
  connect(m_portal.get(), &ThemePortal::darkPreferred, this, [this](bool dark) {
    m_systemDark = dark;
    if (m_choice == ThemeChoice::system && m_applied && !m_contrast && wantsDark() != m_dark) apply();
  });
  // Ends with the application: the portal's thread must not outlive it.
  connect(qApp, &QCoreApplication::aboutToQuit, this, [this] { m_portal->stop(); });
}

Theme::~Theme() = default;

bool Theme::wantsDark() const {
  return m_choice == ThemeChoice::system ? m_systemDark : m_choice == ThemeChoice::dark;
}

void Theme::setChoice(ThemeChoice choice) {
  m_choice = choice;
  if (choice == ThemeChoice::system) m_portal->start();
  apply();
}

void Theme::apply() {
  m_dark = wantsDark();
  if (!m_applied) QApplication::setStyle(QStringLiteral("Fusion"));
  m_applied = true;
  QApplication::setPalette(paletteOf(colours()));
  if (qApp) qApp->setStyleSheet(themeStyleSheet(colours(), m_dark));
  emit changed();
}

QColor Theme::surprise(float surprise, const QColor& ground) const {
  return mixPerceptually(ground, colours().mostSurprising, surprise);
}

}  // namespace cutaway
