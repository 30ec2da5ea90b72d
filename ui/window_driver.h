// Drives a window from code, for pictures and measurements: waits for the model, sends, waits for the answer.
#pragma once

#include <QTemporaryDir>
#include <functional>

#include "core/base/result.h"
#include "ui/main_window.h"

class QPlainTextEdit;

namespace cutaway {

class ChatView;

/// A window with a data directory of its own that is deleted with it, greedy, the demo model unless the setup
/// says otherwise. All waiting is done by running the event loop.
class WindowDriver {
 public:
  explicit WindowDriver(WindowSetup setup);
  ~WindowDriver();

  MainWindow& window() { return *m_window; }
  Result<void> waitForModel();
  Result<void> ask(const QString& text);        ///< returns when the answer is whole
  Result<void> send(const QString& text);       ///< returns when the engine has it
  Result<void> waitForTokens(qsizetype count);  ///< of the answer being written
  Result<double> stop();                        ///< by Esc; milliseconds until the engine rests
  void newChat();
  void pause(int milliseconds);  ///< the event loop goes on
  void settle();                 ///< lets everything that is due be drawn

 private:
  Result<void> wait(const char* what, const std::function<bool()>& done);

  const ChatView& view() const;
  QPlainTextEdit& input() const;
  void press(Qt::Key key, const QString& text = {});

  QTemporaryDir m_directory;
  std::unique_ptr<MainWindow> m_window;
};

}  // namespace cutaway
