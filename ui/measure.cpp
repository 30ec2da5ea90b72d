#include "ui/measure.h"

#include "ui/chat/chat_view.h"
#include "ui/event_loop_gap.h"
#include "ui/window_driver.h"

namespace cutaway {
namespace {

constexpr int kStops = 6;  ///< of each kind, each a little later than the one before

/// Some 300 of the demo model's tokens, different in every repeat, so that none is found in the cache.
QString longQuestion(int repeat) {
  QStringList words;
  for (int i = 0; i < 110; ++i) words += QString::number((i * 37 + repeat * 101) % 97);
  return words.join(QLatin1Char(' '));
}

/// The longest of some stops, each pressed once `begun(repeat)` returns after `text(repeat)` was sent.
template <class Text, class Begun>
Result<double> longestStop(WindowDriver& driver, Text text, Begun begun) {
  double longest = 0;
  for (int repeat = 0; repeat < kStops; ++repeat) {
    driver.newChat();
    TRY(driver.send(text(repeat)));
    TRY(begun(repeat));
    longest = qMax(longest, TRY(driver.stop()));
  }
  return longest;
}

}  // namespace

Result<WindowMeasures> measureWindow(const WindowSetup& setup) {
  WindowMeasures measures;
  QElapsedTimer clock;
  clock.start();
  WindowDriver driver(setup);
  driver.window().resize(1280, 800);
  driver.window().show();
  EventLoopGap gap;
  gap.start();
  TRY(driver.waitForModel());
  measures.ready = static_cast<double>(clock.elapsed());
  measures.loadingGap = gap.stop();
  measures.loadingWork = gap.work();

  driver.settle();
  gap.start();
  clock.restart();
  TRY(driver.ask(QStringLiteral("Tell me a story about a fox")));
  measures.streamingGap = gap.stop();
  measures.streamingWork = gap.work();
  const auto* view = driver.window().findChild<ChatView*>(QStringLiteral("chatView"));
  measures.tokensPerSecond = static_cast<double>(view->items().last().tokens.size()) * 1000 /
                             static_cast<double>(qMax<qint64>(1, clock.elapsed()));
  measures.stopReading = TRY(longestStop(driver, longQuestion, [&](int repeat) -> Result<void> {
    driver.pause(2 + 4 * repeat);
    return {};
  }));
  measures.stopWriting = TRY(longestStop(
      driver, [](int) { return QStringLiteral("Tell me a story about a fox"); },
      [&](int repeat) { return driver.waitForTokens(3 + repeat); }));
  return measures;
}

}  // namespace cutaway
