#include "ui/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QStandardPaths>

#include "ui/base/quiet_wheel.h"
#include "ui/base/thread_check.h"
#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/window/main_window_private.h"

namespace cutaway {
namespace {

QString dataDirectory(const QString& asked) {
  return asked.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) : asked;
}

/// The one local file that is dragged, or nothing.
QString draggedModel(const QMimeData* data) {
  if (data == nullptr || data->urls().size() != 1 || !data->urls().first().isLocalFile()) return {};
  return data->urls().first().toLocalFile();
}

}  // namespace

MainWindow::Private::Private(MainWindow& owner, WindowSetup&& given)
    : window(owner),
      setup(std::move(given)),
      directory(dataDirectory(setup.dataDirectory)),
      background(QStringLiteral("storage")),
      settings(directory + QStringLiteral("/settings.ini"), background),
      engine(setup.backends, setup.demoModel),
      store(directory + QStringLiteral("/conversations.sqlite"), background),
      chat(engine, store),
      pair(engine, chat, store),
      models(engine, settings),
      viewData(chat, pair, background, nullptr) {}

MainWindow::MainWindow(WindowSetup setup) {
  setUiThread();
  new QuietWheel(this);
  m_d = std::make_unique<Private>(*this, std::move(setup));
  setWindowTitle(tr("Cutaway"));
  setMinimumSize(480, 360);
  setAcceptDrops(true);
  m_d->layOut();
  m_d->connectChat();
  m_d->connectModel();
  m_d->connectPair();
  m_d->connectActions();
  m_d->connectSaving();
  m_d->showItems({});
  m_d->restoreLayout();
  connect(&m_d->engine, &EngineController::closed, this, [this] {
    m_d->store.flush([this] {
      m_d->closed = true;
      close();
    });
  });
  qApp->installEventFilter(this);
  m_d->models.openFirst(m_d->setup.modelToOpen, m_d->setup.deviceChoice);
  m_d->pane->composer().focusInput();
}

MainWindow::~MainWindow() {
  qApp->removeEventFilter(this);
  // The views hold references to what Private owns, so they go first.
  for (QDockWidget* dock : std::as_const(m_d->docks)) delete dock;
}

bool MainWindow::isReady() const { return m_d->models.model() != nullptr && !m_d->models.isLoading(); }

bool MainWindow::isWriting() const { return m_d->chat.state() != ChatController::State::idle || m_d->pair.isWriting(); }

void MainWindow::closeEvent(QCloseEvent* event) {
  if (m_d->closed) return event->accept();
  event->ignore();
  if (m_d->closing) return;
  m_d->closing = true;
  m_d->saveLayout();
  m_d->engine.close();  // its last signals store what was written; closed() comes after them
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  m_d->adaptToWidth(width());
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize && watched == this) {
    m_d->beforeResize(static_cast<QResizeEvent*>(event)->size().width());
  }
  if (event->type() == QEvent::KeyPress && watched == &m_d->pane->view()) {
    return m_d->typeIntoComposer(*static_cast<QKeyEvent*>(event)) || QMainWindow::eventFilter(watched, event);
  }
  // A model can be dropped anywhere; text fields would otherwise take its address as text.
  if (event->type() == QEvent::DragLeave) m_d->showDrop({});
  const bool drag = event->type() == QEvent::DragEnter || event->type() == QEvent::DragMove;
  if (!drag && event->type() != QEvent::Drop) return QMainWindow::eventFilter(watched, event);
  const auto* widget = qobject_cast<QWidget*>(watched);
  auto* drop = static_cast<QDropEvent*>(event);
  const QString path = draggedModel(drop->mimeData());
  if (widget == nullptr || widget->window() != this || path.isEmpty()) return QMainWindow::eventFilter(watched, event);
  drop->acceptProposedAction();
  m_d->showDrop(drag ? path : QString());
  if (!drag) m_d->openFile(path);
  return true;
}

}  // namespace cutaway
