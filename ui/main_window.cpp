#include "ui/main_window.h"

namespace cutaway {

struct MainWindow::Private {
  WindowSetup setup;
};

MainWindow::MainWindow(WindowSetup setup) : m_d(new Private{std::move(setup)}) {}

MainWindow::~MainWindow() = default;

}  // namespace cutaway
