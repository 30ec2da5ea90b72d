#include <QApplication>
#include <QStatusBar>
#include <QTabBar>
#include <QTimer>
#include <algorithm>

#include "ui/window/main_window_private.h"

namespace cutaway {
namespace {

constexpr int kRoomForInspector = 1040, kRoomForSidebar = 640;  // pixels of window width
constexpr int kSidebarWidth = 232, kInspectorWidth = 400;
constexpr int kLayoutVersion = 1;
const QString kGeometryKey = QStringLiteral("window/geometry"), kStateKey = QStringLiteral("window/state"),
              kSplitKey = QStringLiteral("window/split"), kSidebarKey = QStringLiteral("window/sidebar");

}  // namespace

void MainWindow::Private::layOut() {
  actions = new Actions(&window, window.menuBar());
  topBar = new TopBar(&window);
  window.addToolBar(Qt::TopToolBarArea, topBar);
  topBar->setViews(actions->menu(MenuId::inspect));
  split = new QSplitter(Qt::Horizontal, &window);
  split->setObjectName(QStringLiteral("mainSplit"));
  sidebar = new Sidebar(settings, split);
  pane = new ChatPane(split);
  split->addWidget(sidebar);
  split->addWidget(pane);
  split->setStretchFactor(0, 0);
  split->setStretchFactor(1, 1);
  split->setCollapsible(1, false);
  split->setSizes({kSidebarWidth, 3 * kSidebarWidth});
  sidebar->setMinimumWidth(kSidebarWidth - 40);
  pane->setMinimumWidth(320);
  window.setCentralWidget(split);
  status = new StatusLine(&window);
  window.statusBar()->addWidget(status, 1);
  window.statusBar()->setSizeGripEnabled(false);
  addDocks();
}

void MainWindow::Private::addDocks() {
  window.setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks |
                        QMainWindow::GroupedDragging);
  window.setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  QDockWidget* first = nullptr;
  for (const ViewEntry& entry : viewTable()) {
    auto* dock = new QDockWidget(viewTitle(entry), &window);
    dock->setObjectName(QStringLiteral("dock-") + QLatin1String(entry.id));
    InspectorView* view = entry.create(viewData, dock);
    view->setObjectName(QStringLiteral("view-") + QLatin1String(entry.id));
    dock->setWidget(view);
    dock->setMinimumWidth(240);
    window.addDockWidget(Qt::RightDockWidgetArea, dock);
    if (first != nullptr) window.tabifyDockWidget(first, dock);
    first = first == nullptr ? dock : first;
    QAction* toggle = dock->toggleViewAction();
    toggle->setShortcut(QKeySequence(QLatin1String(entry.shortcut)));
    // Qt's own slot would hide a view behind another one's tab, where its key is to bring it to the front.
    QObject::disconnect(toggle, &QAction::triggered, dock, nullptr);
    QObject::connect(toggle, &QAction::triggered, dock, [dock, view, toggle] {
      const bool close = view->isShown();
      dock->setVisible(!close);
      if (!close) dock->raise();
      toggle->setChecked(!close);
    });
    actions->menu(MenuId::inspect)->addAction(toggle);
    for (auto signal : {&QDockWidget::topLevelChanged, &QDockWidget::visibilityChanged}) {
      QObject::connect(dock, signal, &window, [this] { adaptTitles(); });
    }
    QObject::connect(dock, &QDockWidget::visibilityChanged, view, &InspectorView::setShown);
    QObject::connect(dock, &QDockWidget::dockLocationChanged, &window, [this] { adaptTitles(); });
    docks.insert(QLatin1String(entry.id), dock);
  }
  for (const ViewEntry& entry : viewTable()) docks[QLatin1String(entry.id)]->setVisible(entry.openAtFirst);
  if (first != nullptr) {
    first->raise();
    window.resizeDocks({first}, {kInspectorWidth}, Qt::Horizontal);
  }
}

/// Tabs keep their words: where there are more than fit, they are scrolled by the arrows at their end or by the wheel.
void MainWindow::Private::showWholeTabs() {
  for (QTabBar* tabs : window.findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
    tabs->setElideMode(Qt::ElideNone);
    tabs->setUsesScrollButtons(true);
    tabs->setAccessibleName(tr("Views of the inspector"));
  }
}

void MainWindow::Private::adaptTitles() {
  showWholeTabs();
  for (QDockWidget* dock : std::as_const(docks)) {
    const bool tabbed = !dock->isFloating() && !window.tabifiedDockWidgets(dock).isEmpty();
    const bool hasNone = dock->titleBarWidget() != nullptr;
    if (tabbed == hasNone) continue;
    QWidget* before = dock->titleBarWidget();
    dock->setTitleBarWidget(tabbed ? new QWidget(dock) : nullptr);
    delete before;
  }
}

void MainWindow::Private::restoreLayout() {
  if (!window.restoreGeometry(settings.value(kGeometryKey).toByteArray())) window.resize(1280, 800);
  window.restoreState(settings.value(kStateKey).toByteArray(), kLayoutVersion);
  split->restoreState(settings.value(kSplitKey).toByteArray());
  sidebarWanted = settings.value(kSidebarKey, true).toBool();
  sidebarHasRoom = true;
  showSidebar(sidebarWanted);
  (*actions)[ActionId::inspector]->setChecked(inspectorShown());
  dockState = window.saveState(kLayoutVersion);
  narrow = false;
  adaptToWidth(window.width());
}

bool MainWindow::Private::inspectorShown() const {
  return std::ranges::any_of(docks, [](const QDockWidget* dock) { return !dock->isHidden(); });
}

InspectorView* MainWindow::Private::frontView() const {
  InspectorView* front = nullptr;
  for (const ViewEntry& entry : viewTable()) {
    auto* view = static_cast<InspectorView*>(docks[QLatin1String(entry.id)]->widget());
    if (!view->isShown()) continue;
    if (view->isAncestorOf(QApplication::focusWidget())) return view;
    if (front == nullptr) front = view;
  }
  return front;
}

void MainWindow::Private::saveLayout() {
  settings.setValue(kGeometryKey, window.saveGeometry());
  settings.setValue(kStateKey, hiddenForRoom ? dockState : window.saveState(kLayoutVersion));
  settings.setValue(kSplitKey, split->saveState());
  settings.setValue(kSidebarKey, sidebarWanted);
}

void MainWindow::Private::setInspectorVisible(bool visible) {
  if (visible == inspectorShown()) return;
  if (visible) {
    window.restoreState(dockState, kLayoutVersion);
    if (inspectorShown()) return;
    for (const ViewEntry& entry : viewTable()) docks[QLatin1String(entry.id)]->setVisible(entry.openAtFirst);
    return docks[QLatin1String(viewTable().front().id)]->raise();
  }
  if (!narrow) dockState = window.saveState(kLayoutVersion);
  for (QDockWidget* dock : std::as_const(docks)) {
    if (!dock->isFloating()) dock->hide();
  }
}

void MainWindow::Private::makeRoom() {
  if (narrow == hiddenForRoom || (narrow && !inspectorShown())) return;
  setInspectorVisible(!narrow);
  hiddenForRoom = narrow;
  (*actions)[ActionId::inspector]->setChecked(inspectorShown());
}

void MainWindow::Private::beforeResize(int width) {
  if (!narrow && width < kRoomForInspector && inspectorShown()) dockState = window.saveState(kLayoutVersion);
}

void MainWindow::Private::adaptToWidth(int width) {
  const bool nowNarrow = width < kRoomForInspector;
  if (nowNarrow != narrow) {
    narrow = nowNarrow;
    // Not within the resize event: showing docks changes the layout that is being resized.
    QTimer::singleShot(0, &window, [this] { makeRoom(); });
  }
  const bool hasRoom = width >= kRoomForSidebar;
  if (hasRoom == sidebarHasRoom) return;
  sidebarHasRoom = hasRoom;
  showSidebar(hasRoom && sidebarWanted);
}

void MainWindow::Private::showSidebar(bool shown) {
  sidebar->setVisible(shown);
  (*actions)[ActionId::sidebar]->setChecked(shown);
}

}  // namespace cutaway
