// The program's window: conversations, chat, inspector docks. Everything it runs comes in through WindowSetup.
#pragma once

#include <QMainWindow>
#include <memory>

#include "core/base/mapped_file.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

struct WindowSetup {
  BackendList backends;   ///< called once, on the engine thread: making a Vulkan instance takes a while
  SharedBytes demoModel;
  SharedBytes demoText;   ///< what models are measured on unless the user names another
  QString modelToOpen;    ///< path, "demo", or empty: what was used last
  QString deviceChoice;   ///< index, part of a name or "cpu"; empty: what was used last, else the first
  QString dataDirectory;  ///< settings and conversations; empty: the user's data directory
};

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(WindowSetup setup);
  ~MainWindow() override;

  bool isReady() const;    ///< a model is loaded and none is being loaded
  bool isWriting() const;  ///< an answer

 protected:
  void closeEvent(QCloseEvent* event) override;  ///< stops what is being written, stores it, then closes
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Private;
  std::unique_ptr<Private> m_d;
};

}  // namespace cutaway
