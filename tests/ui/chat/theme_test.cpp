#include "ui/theme.h"

#include <QApplication>
#include <QSignalSpy>
#include <QStyle>
#include <QTest>
#include <cmath>

#include "ui/chat/message_layout.h"

using namespace cutaway;

namespace {

constexpr double kReadable = 4.5;  // WCAG 2.1, level AA, text

struct Pair {
  const char* name;
  QColor ThemeColours::*text;
  QColor ThemeColours::*ground;
};

constexpr Pair kPairs[] = {
    {"text on window", &ThemeColours::text, &ThemeColours::window},
    {"text on panel", &ThemeColours::text, &ThemeColours::panel},
    {"text on base", &ThemeColours::text, &ThemeColours::base},
    {"text on user bubble", &ThemeColours::text, &ThemeColours::userBubble},
    {"text on code", &ThemeColours::text, &ThemeColours::codeBackground},
    {"text on selection", &ThemeColours::text, &ThemeColours::selection},
    {"text on match", &ThemeColours::text, &ThemeColours::match},
    {"text on current match", &ThemeColours::text, &ThemeColours::currentMatch},
    {"text on strongest surprise", &ThemeColours::text, &ThemeColours::mostSurprising},
    {"muted on window", &ThemeColours::mutedText, &ThemeColours::window},
    {"muted on panel", &ThemeColours::mutedText, &ThemeColours::panel},
    {"muted on user bubble", &ThemeColours::mutedText, &ThemeColours::userBubble},
    {"muted on code", &ThemeColours::mutedText, &ThemeColours::codeBackground},
    {"accent on window", &ThemeColours::accent, &ThemeColours::window},
    {"accent on panel", &ThemeColours::accent, &ThemeColours::panel},
    {"accent on tint", &ThemeColours::accent, &ThemeColours::accentTint},
    {"text on accent", &ThemeColours::onAccent, &ThemeColours::accent},
    {"error on window", &ThemeColours::error, &ThemeColours::window},
    {"warning on window", &ThemeColours::warning, &ThemeColours::window},
    {"keyword on code", &ThemeColours::keyword, &ThemeColours::codeBackground},
    {"string on code", &ThemeColours::string, &ThemeColours::codeBackground},
    {"number on code", &ThemeColours::number, &ThemeColours::codeBackground},
    {"comment on code", &ThemeColours::comment, &ThemeColours::codeBackground},
    {"function on code", &ThemeColours::function, &ThemeColours::codeBackground},
};

}  // namespace

class ThemeTest : public QObject {
  Q_OBJECT

 private slots:
  void contrastIsMeasuredAsWcagDoes() {
    QCOMPARE(std::round(contrastRatio(Qt::black, Qt::white) * 100) / 100, 21.0);
    QCOMPARE(std::round(contrastRatio(QColor(0x777777), Qt::white) * 100) / 100, 4.48);  // WebAIM's checker
  }

  void textIsReadable() {
    for (const ThemeColours* colours : {&lightColours(), &darkColours()})
      for (const Pair& pair : kPairs) {
        const double ratio = contrastRatio(colours->*pair.text, colours->*pair.ground);
        QVERIFY2(ratio >= kReadable,
                 qPrintable(QStringLiteral("%1, %2 theme: %3")
                                .arg(QLatin1String(pair.name), colours == &lightColours() ? "light" : "dark")
                                .arg(ratio)));
      }
  }

  void mixingMeetsItsEnds() {
    for (const ThemeColours* c : {&lightColours(), &darkColours()}) {
      QCOMPARE(mixPerceptually(c->window, c->mostSurprising, 0).name(), c->window.name());
      QCOMPARE(mixPerceptually(c->window, c->mostSurprising, 1).name(), c->mostSurprising.name());
      QCOMPARE(mixPerceptually(c->window, c->mostSurprising, 7).name(), c->mostSurprising.name());
    }
    // The middle of black and white in OKLab is L = 0.5, linear 0.125, which is sRGB #636363.
    QCOMPARE(mixPerceptually(Qt::black, Qt::white, 0.5f).name(), QStringLiteral("#636363"));
  }

  void surpriseGrowsEvenlyAndStaysReadable() {
    for (ThemeChoice choice : {ThemeChoice::light, ThemeChoice::dark}) {
      Theme::instance().setChoice(choice);
      const bool dark = choice == ThemeChoice::dark;
      QCOMPARE(Theme::instance().isDark(), dark);
      double before = contrastRatio(Theme::instance().surprise(0), Qt::black);
      for (int i = 1; i <= 20; ++i) {
        const QColor tint = Theme::instance().surprise(float(i) / 20);
        const double now = contrastRatio(tint, Qt::black);  // orders by luminance
        QVERIFY(dark ? now > before : now < before);
        QVERIFY(contrastRatio(Theme::instance().colours().text, tint) >= kReadable);
        before = now;
      }
    }
  }

  void faintTintsLeaveEveryColourReadable() {
    for (const ThemeColours* c : {&lightColours(), &darkColours()})
      for (const QColor& ground : {c->window, c->codeBackground})
        for (const QColor& text :
             {c->text, c->accent, c->keyword, c->string, c->number, c->comment, c->function})
          QVERIFY2(
              contrastRatio(text, mixPerceptually(ground, c->mostSurprising, kFaintSurprise)) >= kReadable,
              qPrintable(text.name() + (c == &lightColours() ? " light" : " dark")));
  }

  void aHighContrastPaletteIsKept() {
    QVERIFY(!isHighContrast(QApplication::style()->standardPalette()));
    for (const auto& [ground, text, highlight] : {std::tuple{Qt::black, Qt::white, QColor(Qt::yellow)},
                                                  std::tuple{Qt::white, Qt::black, QColor(Qt::darkBlue)},
                                                  std::tuple{Qt::black, Qt::white, QColor(0x101010)}}) {
      QPalette palette{QColor(ground)};
      for (auto role : {QPalette::Window, QPalette::Base, QPalette::Button}) palette.setColor(role, ground);
      for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) palette.setColor(role, text);
      palette.setColor(QPalette::Highlight, highlight);
      QVERIFY(isHighContrast(palette));
      const ThemeColours c = contrastColours(palette);
      QCOMPARE(c.window, QColor(ground));
      QCOMPARE(c.mutedText, QColor(text));
      for (const Pair& pair : kPairs) QVERIFY2(contrastRatio(c.*pair.text, c.*pair.ground) >= kReadable, pair.name);
    }
  }

  void choosingAppliesPaletteAndTells() {
    Theme::instance().setChoice(ThemeChoice::light);
    QSignalSpy changed(&Theme::instance(), &Theme::changed);
    Theme::instance().setChoice(ThemeChoice::dark);
    QCOMPARE(changed.count(), 1);
    QCOMPARE(QApplication::palette().color(QPalette::Window), darkColours().window);
    Theme::instance().setChoice(ThemeChoice::light);
    QCOMPARE(QApplication::palette().color(QPalette::WindowText), lightColours().text);
    QVERIFY(!qApp->styleSheet().contains(QLatin1Char('@')));
  }
};

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
