#include "ui/window_driver.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTimer>
#include <algorithm>

#include "ui/chat/chat_view.h"
#include "ui/engine/engine_data.h"
#include "ui/views/view_parts.h"

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
    if (deadline.hasExpired())
      return fail(ErrorKind::device, "The window did not ", what, " in two minutes.");
    sleepInLoop(1);
  }
  return {};
}

Result<void> WindowDriver::waitForModel() {
  return wait("load the model", [this] { return m_window->isReady(); });
}

Result<void> WindowDriver::ask(const QString& text) {
  const qsizetype before = view().items().size();
  TRY(send(text));
  return wait("answer", [&] { return view().items().size() >= before + 2 && !m_window->isWriting(); });
}

Result<void> WindowDriver::send(const QString& text) {
  input().setPlainText(text);
  press(Qt::Key_Return, QStringLiteral("\r"));
  return wait("send", [this] { return m_window->isWriting(); });
}

Result<void> WindowDriver::waitForTokens(qsizetype count) {
  return wait("write", [&] {
    return !m_window->isWriting() ||
           (!view().items().isEmpty() && view().items().last().tokens.size() >= count);
  });
}

Result<double> WindowDriver::stop() {
  QElapsedTimer clock;
  clock.start();
  press(Qt::Key_Escape);
  TRY(wait("stop", [this] { return !m_window->isWriting(); }));
  return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

void WindowDriver::newChat() { m_window->findChild<QPushButton*>(QStringLiteral("newChat"))->click(); }

void WindowDriver::pause(int milliseconds) { sleepInLoop(milliseconds); }

const ChatView& WindowDriver::view() const { return *m_window->findChild<ChatView*>(QStringLiteral("chatView")); }

QPlainTextEdit& WindowDriver::input() const {
  return *m_window->findChild<QPlainTextEdit*>(QStringLiteral("composerInput"));
}

void WindowDriver::press(Qt::Key key, const QString& text) {
  QKeyEvent event(QEvent::KeyPress, key, Qt::NoModifier, text);
  QCoreApplication::sendEvent(&input(), &event);
}

void WindowDriver::settle() {
  const auto isOpen = [](const ProgressLine* line) { return line->isOpen(); };
  do sleepInLoop(kSettleTime);
  while (std::ranges::any_of(m_window->findChildren<ProgressLine*>(), isOpen));
}

}  // namespace cutaway
