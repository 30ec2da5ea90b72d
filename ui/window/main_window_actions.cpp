#include <QApplication>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QMessageBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/theme.h"
#include "ui/chat/find_bar.h"
#include "ui/window/main_window_private.h"

namespace cutaway {
namespace {
const QString kColouringKey = QStringLiteral("colouring"), kThemeKey = QStringLiteral("theme");
}  // namespace

void MainWindow::Private::connectActions() {
  Actions& a = *actions;
  a.on(ActionId::newChat, [this] {
    if (pane->findBar().isVisible()) pane->findBar().close();
    endEditing();
    chat.newConversation();
    pane->composer().setText({});
    pane->composer().focusInput();
  });
  a.on(ActionId::openModel, [this] { chooseFile([this](const QString& path) { openFile(path); }); });
  a.on(ActionId::openWithOptions, [this] {
    chooseFile([this](const QString& path) { openWithOptions(models.choiceFor(path)); });
  });
  a.on(ActionId::openDemo, [this] { models.open(kDemoModel); });
  a.on(ActionId::exportChat, [this] { exportConversation(chat.conversation().id); });
  a.on(ActionId::quit, [this] { window.close(); });
  a.on(ActionId::copy, [this] { pane->view().copySelection(); });
  a.on(ActionId::selectAll, [this] { pane->view().selectAll(); });
  a.on(ActionId::find, [this] { pane->findBar().open(); });
  a.on(ActionId::findNext, [this] {
    FindBar& bar = pane->findBar();
    bar.isVisible() ? bar.next() : bar.open();
  });
  a.on(ActionId::searchChats, [this] { sidebar->conversations().focusSearch(); });
  a.on(ActionId::rename, [this] { sidebar->conversations().renameCurrent(); });
  a.on(ActionId::deleteChat, [this] {
    if (chat.conversation().id != 0) deleteConversation(chat.conversation().id);
  });
  a.on(ActionId::focusMessage, [this] { pane->composer().focusInput(); });
  a.on(ActionId::editLast, [this] { editLast(); });
  a.on(ActionId::regenerate, [this] { chat.answerLast(); });
  a.on(ActionId::stop, [this] { stopWriting(); });
  a.on(ActionId::sidebar, [this](bool shown) {
    sidebarWanted = shown;
    showSidebar(shown);
  });
  a.on(ActionId::inspector, [this](bool shown) {
    hiddenForRoom = false;
    setInspectorVisible(shown);
  });
  a.on(ActionId::chooseModel, [this] { topBar->chooseModel(); });
  a.on(ActionId::chooseDevice, [this] { topBar->chooseDevice(); });
  a.on(ActionId::modelCard, [this] {
    docks[QStringLiteral("model")]->show();
    docks[QStringLiteral("model")]->raise();
  });
  a.on(ActionId::choosePrecision, [this] { topBar->choosePrecision(); });
  a.on(ActionId::quantize, [this] { quantize(); });
  a.on(ActionId::compareMany, [this] { compareMany(); });
  a.on(ActionId::resetSampling, [this] { sidebar->sampling().reset(); });
  a.on(ActionId::shortcuts, [this] { showShortcuts(); });
  a.on(ActionId::about, [this] { showAbout(); });
  const auto choose = [&](ActionId id, auto act, auto value) { a.on(id, [act, value] { act(value); }); };
  const auto colour = [this](TokenColouring c) { setColouring(c); };
  choose(ActionId::colourNone, colour, TokenColouring::none);
  choose(ActionId::colourProbability, colour, TokenColouring::probability);
  choose(ActionId::colourEntropy, colour, TokenColouring::entropy);
  choose(ActionId::colourAttention, colour, TokenColouring::attention);
  choose(ActionId::colourDivergence, colour, TokenColouring::divergence);
  choose(ActionId::colourRank, colour, TokenColouring::otherRank);
  choose(ActionId::colourChange, colour, TokenColouring::change);
  const auto theme = [this](ThemeChoice choice) { setTheme(choice); };
  choose(ActionId::themeSystem, theme, ThemeChoice::system);
  choose(ActionId::themeLight, theme, ThemeChoice::light);
  choose(ActionId::themeDark, theme, ThemeChoice::dark);
  setColouring(static_cast<TokenColouring>(settings.value(kColouringKey, 0).toInt()));
  setTheme(static_cast<ThemeChoice>(settings.value(kThemeKey, 0).toInt()));
}

void MainWindow::Private::setColouring(TokenColouring colouring) {
  constexpr ActionId kActions[] = {ActionId::colourNone, ActionId::colourProbability, ActionId::colourEntropy,
                                    ActionId::colourAttention, ActionId::colourDivergence, ActionId::colourRank,
                                    ActionId::colourChange};
  const auto index = qMin(static_cast<std::size_t>(colouring), std::size(kActions) - 1);
  (*actions)[kActions[index]]->setChecked(true);
  pane->setColouring(static_cast<TokenColouring>(index));
  showWeights();
  settings.setValue(kColouringKey, static_cast<int>(index));
}

void MainWindow::Private::setTheme(ThemeChoice choice) {
  constexpr ActionId kActions[] = {ActionId::themeSystem, ActionId::themeLight, ActionId::themeDark};
  const auto index = qMin(static_cast<std::size_t>(choice), std::size(kActions) - 1);
  (*actions)[kActions[index]]->setChecked(true);
  Theme::instance().setChoice(static_cast<ThemeChoice>(index));
  settings.setValue(kThemeKey, static_cast<int>(index));
}

void MainWindow::Private::showShortcuts() {
  auto* dialog = new QDialog(&window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("shortcutsDialog"));
  dialog->setWindowTitle(tr("Keyboard shortcuts"));
  auto* table = new QTableWidget(0, 2, dialog);
  table->setAccessibleName(tr("Keyboard shortcuts"));
  table->setHorizontalHeaderLabels({tr("Action"), tr("Keys")});
  table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
  table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  table->verticalHeader()->hide();
  table->setShowGrid(false);
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  const auto add = [table](const QString& text, const QString& keys) {
    const int row = table->rowCount();
    table->insertRow(row);
    table->setItem(row, 0, new QTableWidgetItem(text));
    table->setItem(row, 1, new QTableWidgetItem(keys));
  };
  add(tr("Send the message"), tr("Enter"));
  add(tr("Break the line"), tr("Shift+Enter"));
  add(tr("Stop the answer"), tr("Esc"));
  add(tr("Edit the last message"), tr("Up in an empty message"));
  add(tr("From message to message"), tr("Up, Down in the chat"));
  add(tr("From token to token"), tr("Ctrl+Left, Ctrl+Right in the chat"));
  for (const QAction* action : window.findChildren<QAction*>()) {
    if (action->shortcut().isEmpty()) continue;
    add(action->text().remove(QLatin1Char('&')), action->shortcut().toString(QKeySequence::NativeText));
  }
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
  QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
  auto* column = new QVBoxLayout(dialog);
  column->addWidget(table, 1);
  column->addWidget(buttons);
  dialog->resize(480, 560);
  dialog->open();
}

void MainWindow::Private::showAbout() {
  auto* box = new QMessageBox(&window);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setObjectName(QStringLiteral("aboutBox"));
  box->setWindowTitle(tr("About Cutaway"));
  box->setText(tr("<b>Cutaway %1</b>").arg(QCoreApplication::applicationVersion()));
  box->setInformativeText(
      tr("Talk with local language models and look inside them while they answer. Everything is computed on this "
         "machine; nothing leaves it.<br><br>Free software under the GNU General Public License, version 3 or later "
         "(GPL-3.0-or-later), without any warranty."));
  box->setStandardButtons(QMessageBox::Close);
  box->open();
}

}  // namespace cutaway
