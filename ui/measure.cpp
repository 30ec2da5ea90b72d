#include "ui/measure.h"

#include "ui/chat/chat_view.h"
#include "ui/event_loop_gap.h"
#include "ui/window_driver.h"

namespace cutaway {

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

  driver.settle();
  gap.start();
  clock.restart();
  TRY(driver.ask(QStringLiteral("Tell me a story about a fox")));
  measures.streamingGap = gap.stop();
  const auto* view = driver.window().findChild<ChatView*>();
  measures.tokensPerSecond = static_cast<double>(view->items().last().tokens.size()) * 1000 /
                             static_cast<double>(qMax<qint64>(1, clock.elapsed()));
  return measures;
}

}  // namespace cutaway
