#include "ui/window_driver.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QDoubleSpinBox>
#include <QEventLoop>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QTimer>

#include "ui/chat/chat_view.h"
#include "ui/engine/engine_data.h"

namespace cutaway {
namespace {

constexpr int kPatience = 120'000;  // ms
constexpr int kSettleTime = 250;    // ms

void sleepInLoop(int milliseconds) {
  QEventLoop loop;
  QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
  loop.exec();
}

WindowSetup prepared(WindowSetup setup, const QString& directory) {
  setup.dataDirectory = directory;
  if (setup.modelToOpen.isEmpty()) setup.modelToOpen = kDemoModel;
  return setup;
}

}  // namespace

WindowDriver::WindowDriver(WindowSetup setup)
    : m_window(std::make_unique<MainWindow>(prepared(std::move(setup), m_directory.path()))) {
  m_window->findChild<QDoubleSpinBox*>(QStringLiteral("temperature"))->setValue(0);
  m_window->findChild<QDoubleSpinBox*>(QStringLiteral("seed"))->setValue(1);
}

WindowDriver::~WindowDriver() {
  m_window->close();
  if (!wait("close", [this] { return m_window->isHidden(); })) m_window->hide();
}

Result<void> WindowDriver::wait(const char* what, const std::function<bool()>& done) {
  const QDeadlineTimer deadline(kPatience);
  while (!done()) {
    if (deadline.hasExpired()) return fail(ErrorKind::device, "The window did not ", what, " in two minutes.");
    sleepInLoop(1);
  }
  return {};
}

Result<void> WindowDriver::waitForModel() {
  return wait("load the model", [this] { return m_window->isReady(); });
}

Result<void> WindowDriver::ask(const QString& text) {
  const auto* view = m_window->findChild<ChatView*>();
  auto* input = m_window->findChild<QPlainTextEdit*>(QStringLiteral("composerInput"));
  const qsizetype before = view->items().size();
  input->setPlainText(text);
  QKeyEvent press(QEvent::KeyPress, Qt::Key_Return, Qt::NoModifier, QStringLiteral("\r"));
  QCoreApplication::sendEvent(input, &press);
  return wait("answer", [&] { return view->items().size() >= before + 2 && !m_window->isWriting(); });
}

void WindowDriver::settle() { sleepInLoop(kSettleTime); }

}  // namespace cutaway
