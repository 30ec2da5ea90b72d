// Pictures and numbers of the inspector's views, from the menu and from each view's own.
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>

#include "ui/base/write_file.h"
#include "ui/views/view_saving.h"
#include "ui/window/main_window_private.h"
#include "ui/window/notice_bar.h"

namespace cutaway {
void MainWindow::Private::connectSaving() {
  const auto onFront = [this](ActionId id, auto act) {
    actions->on(id, [this, act] {
      if (InspectorView* view = frontView()) return act(*view);
      pane->notice().show(NoticeBar::Kind::information, tr("No view of the inspector is open."));
    });
  };
  onFront(ActionId::saveViewPicture, [this](InspectorView& view) { savePicture(view); });
  onFront(ActionId::saveViewNumbers, [this](InspectorView& view) { saveNumbers(view); });
  onFront(ActionId::copyViewNumbers, [this](InspectorView& view) { copyNumbers(view); });
  QObject::connect(&viewData, &ViewData::saveWanted, &window,
                   [this](const QString& path, const QByteArray& bytes) { writeFile(path, bytes); });
  for (QDockWidget* dock : std::as_const(docks)) {
    auto* view = static_cast<InspectorView*>(dock->widget());
    view->setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(view, &QWidget::customContextMenuRequested, &window, [this, view](QPoint place) {
      auto* menu = new QMenu(view);
      menu->setAttribute(Qt::WA_DeleteOnClose);
      menu->addAction(tr("Save &picture…"), [this, view] { savePicture(*view); });
      menu->addAction(tr("Save &numbers…"), [this, view] { saveNumbers(*view); });
      menu->addAction(tr("&Copy numbers"), [this, view] { copyNumbers(*view); });
      menu->popup(view->mapToGlobal(place));
    });
  }
}

void MainWindow::Private::savePicture(InspectorView& view) {
  auto* dialog = new QFileDialog(&window, tr("Save picture"));
  dialog->setObjectName(QStringLiteral("savePicture"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilters({tr("Picture (*.png)"), tr("Drawing (*.svg)")});
  dialog->setDefaultSuffix(QStringLiteral("png"));
  QObject::connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
    dialog->setDefaultSuffix(filter.contains(QLatin1String("svg")) ? QStringLiteral("svg") : QStringLiteral("png"));
  });
  QObject::connect(dialog, &QFileDialog::fileSelected, &view, [this, &view](const QString& path) {
    writeFile(path, pictureOf(view.picture(), path));
  });
  dialog->open();
}

void MainWindow::Private::saveNumbers(InspectorView& view) {
  const QString csv = view.csv();
  if (csv.isEmpty()) return pane->notice().show(NoticeBar::Kind::information, tr("This view shows no numbers now."));
  auto* dialog = new QFileDialog(&window, tr("Save numbers"));
  dialog->setObjectName(QStringLiteral("saveNumbers"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(tr("Table (*.csv)"));
  dialog->setDefaultSuffix(QStringLiteral("csv"));
  QObject::connect(dialog, &QFileDialog::fileSelected, &window,
                   [this, csv](const QString& path) { writeFile(path, csv.toUtf8()); });
  dialog->open();
}

void MainWindow::Private::copyNumbers(const InspectorView& view) {
  const QString csv = view.csv();
  if (csv.isEmpty()) return pane->notice().show(NoticeBar::Kind::information, tr("This view shows no numbers now."));
  QGuiApplication::clipboard()->setText(csv);
}

void MainWindow::Private::writeFile(const QString& path, const QByteArray& bytes) {
  background.ask(
      &window, [path, bytes] { return writeWhole(path, bytes); },
      [this, path](const QString& problem) {
        if (problem.isEmpty()) return pane->notice().show(NoticeBar::Kind::information, tr("Saved as %1.").arg(path));
        pane->notice().show(NoticeBar::Kind::problem, tr("%1 cannot be written: %2").arg(path, problem));
      });
}

}  // namespace cutaway
