// A real window on the demo model and the CPU backend, driven by key and mouse events.
#pragma once

#include <QDoubleSpinBox>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QtTest>
#include <memory>

#include "core/base/mapped_file.h"
#include "slow_backend.h"
#include "support/paths.h"
#include "ui/base/thread_check.h"
#include "ui/chat/chat_view.h"
#include "ui/main_window.h"
#include "ui/window/notice_bar.h"
#include "ui/window/status_line.h"

namespace cutaway::test {

constexpr int kPatience = 20'000;  // ms; only a hang takes that long

inline QString demoFile() { return QString::fromStdString(projectFile("resources/demo-model/demo-f16.gguf")); }

inline WindowSetup windowSetup(const QString& directory, Slowness slowness = {}) {
  const auto backend = std::make_shared<SlowBackend>(slowness);
  WindowSetup setup;
  setup.backends = [backend] {
    noteBlockingCall("BackendList");
    return std::vector<BackendFactory>{
        {backend->device(), [backend]() -> Result<std::shared_ptr<Backend>> { return backend; }}};
  };
  setup.demoModel = *mapFile(demoFile().toStdString());
  setup.demoText = *mapFile(projectFile("resources/demo-model/demo-eval.txt"));
  setup.dataDirectory = directory;
  return setup;
}

class TestWindow {
 public:
  explicit TestWindow(const QString& directory, Slowness slowness = {}, const QString& model = {}) {
    WindowSetup setup = windowSetup(directory, slowness);
    setup.modelToOpen = model;
    m_window = std::make_unique<MainWindow>(std::move(setup));
    m_window->resize(1280, 800);
    m_window->show();
    // Greedy and seeded, so that answers are known.
    part<QDoubleSpinBox>("temperature")->setValue(0);
    part<QDoubleSpinBox>("seed")->setValue(1);
  }
  ~TestWindow() { close(); }

  MainWindow& window() { return *m_window; }
  template <class T>
  T* part(const char* name) {
    return m_window->findChild<T*>(QLatin1String(name));
  }
  ChatView& view() { return *part<ChatView>("chatView"); }
  QPlainTextEdit& input() { return *part<QPlainTextEdit>("composerInput"); }
  QString notice() { return m_window->findChild<NoticeBar*>()->sentence(); }
  QString status() { return m_window->findChild<StatusLine*>()->fullText(); }
  const ChatItem& lastItem() { return view().items().last(); }

  bool waitReady() {
    return QTest::qWaitFor([this] { return m_window->isReady(); }, kPatience);
  }
  bool waitIdle() {
    return QTest::qWaitFor([this] { return !m_window->isWriting(); }, kPatience);
  }
  /// Types and sends; returns when the answer is being written.
  bool type(const QString& text) {
    const qsizetype before = view().items().size();
    input().setFocus();
    QTest::keyClicks(&input(), text);
    QTest::keyClick(&input(), Qt::Key_Return);
    return QTest::qWaitFor([&] { return view().items().size() > before; }, kPatience);
  }
  bool ask(const QString& text) { return type(text) && waitIdle(); }
  bool waitTokens(int count) {
    return QTest::qWaitFor([&] { return !view().items().isEmpty() && lastItem().tokens.size() >= count; }, kPatience);
  }
  bool waitNotice() {
    return QTest::qWaitFor([this] { return !notice().isEmpty(); }, kPatience);
  }
  bool close() {
    m_window->close();
    return QTest::qWaitFor([this] { return m_window->isHidden(); }, kPatience);
  }

 private:
  std::unique_ptr<MainWindow> m_window;
};

}  // namespace cutaway::test
