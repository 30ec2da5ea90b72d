#include <QCoreApplication>
#include <QDesktopServices>
#include <QFileDialog>
#include <QKeyEvent>
#include <QUrl>

#include "ui/base/text.h"
#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/window/chat_items.h"
#include "ui/window/context_dialog.h"
#include "ui/chat/find_bar.h"
#include "ui/window/main_window_private.h"
#include "ui/window/notice_bar.h"
#include "ui/window/welcome_page.h"

namespace cutaway {
namespace {
const QString kConversationKey = QStringLiteral("conversation"), kPromptKey = QStringLiteral("systemPrompt");
}  // namespace

void MainWindow::Private::connectChat() {
  ChatView& view = pane->view();
  QObject::connect(&chat, &ChatController::itemsReset, &window, [this](const auto& items) { showItems(items); });
  QObject::connect(&chat, &ChatController::itemAppended, &window, [this, &view](const ChatItem& item) {
    pane->showWelcome(false);
    view.appendItem(item);
  });
  QObject::connect(&chat, &ChatController::itemsRemovedFrom, &view, &ChatView::removeItemsFrom);
  QObject::connect(&chat, &ChatController::tokensAppended, &window, [this, &view](qint64 id, const auto& tokens) {
    view.appendTokens(id, tokens);
    status->setActivity({});
    Q_EMIT viewData.messageChanged(id);
  });
  QObject::connect(&chat, &ChatController::itemFinished, &view, &ChatView::finishItem);
  QObject::connect(&chat, &ChatController::accepted, &window, [this] {
    pane->composer().setText({});
    draft.clear();
    endEditing();
    pane->notice().dismiss();
  });
  QObject::connect(&chat, &ChatController::contextFull, &window,
                   [this](const PromptPlan& plan, bool single) { askAboutContext(plan, single); });
  QObject::connect(&chat, &ChatController::contextWanted, &window, [this](quint32 context) {
    sidebar->setContext(context);
    models.setContext(context, sidebar->cacheFormat());
  });
  QObject::connect(&chat, &ChatController::contextUsed, &window, [this](quint32 tokens, quint32 context) {
    status->setContextUsed(tokens, context);
    pane->setContextUsed(tokens, context);
  });
  QObject::connect(&chat, &ChatController::promptProgress, &window, [this](quint32 read, quint32 total) {
    status->setActivity(tr("reading %1 of %2 tokens").arg(countText(read), countText(total)));
  });
  QObject::connect(&chat, &ChatController::finished, &window,
                   [this](const AnswerStats& stats) { status->setSpeed(stats); });
  QObject::connect(&chat, &ChatController::failed, &window, [this](const QString& sentence, bool sent) {
    pane->notice().show(NoticeBar::Kind::problem, sentence, tr("Try again"), [this, sent] {
      sent ? chat.answerLast() : sendText(pane->composer().text());
    });
  });
  QObject::connect(&chat, &ChatController::stateChanged, &window, [this] {
    status->setActivity({});
    updateComposer();
  });
  QObject::connect(&engine, &EngineController::memoryChanged, status, &StatusLine::setMemory);
  Composer& composer = pane->composer();
  QObject::connect(&composer, &Composer::sendRequested, &window, [this](const QString& text) { sendText(text); });
  QObject::connect(&composer, &Composer::stopRequested, &window, [this] { stopWriting(); });
  QObject::connect(&composer, &Composer::editingCancelled, &window, [this] {
    pane->composer().setText(draft);
    endEditing();
  });
  QObject::connect(&composer, &Composer::editLastRequested, &window, [this] { editLast(); });
  QObject::connect(&composer, &Composer::textEdited, &window, [this] { chat.count(pane->composer().text()); });
  QObject::connect(&pane->welcome(), &WelcomePage::promptChosen, &window, [this](const QString& prompt) {
    pane->composer().setText(prompt);  // it stays there should it not be sent
    sendText(prompt);
    pane->composer().focusInput();
  });
  connectView();
  connectConversations();
}

void MainWindow::Private::connectView() {
  ChatView& view = pane->view();
  QObject::connect(&view, &ChatView::editRequested, &window, [this](qint64 id) { beginEditing(id); });
  QObject::connect(&view, &ChatView::regenerateRequested, &chat, &ChatController::regenerate);
  QObject::connect(&view, &ChatView::siblingRequested, &chat, &ChatController::switchSibling);
  QObject::connect(&view, &ChatView::tokenHovered, &window, [this](qint64 id, int token) {
    viewData.selection().setHovered(token < 0 ? TokenRange{} : TokenRange{id, token, token});
  });
  QObject::connect(&view, &ChatView::tokenClicked, &window, [this](qint64 id, int token) {
    viewData.selection().setTokens(token < 0 ? TokenRange{} : TokenRange{id, token, token});
  });
  QObject::connect(&viewData.selection(), &Selection::changed, &view, [this, &view] {
    const TokenRange& tokens = viewData.selection().tokens();
    view.setSelectedToken(tokens.message, tokens.first);
  });
  QObject::connect(&viewData, &ViewData::tokensWeighed, &window, [this](const auto& weights) {
    attentionWeights = weights;
    showWeights();
  });
  QObject::connect(&view, &ChatView::linkActivated, &window, [](const QString& address) {
    const QUrl url(address);
    // Only what a browser opens; an answer must not start programs.
    if (url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("http")) QDesktopServices::openUrl(url);
  });
  QObject::connect(pane, &ChatPane::colouringChosen, &window, [this](TokenColouring c) { setColouring(c); });
}

void MainWindow::Private::connectConversations() {
  ConversationListPanel& list = sidebar->conversations();
  QObject::connect(&store, &ConversationStore::listed, &window, [this, &list](const auto& found, const QString& search) {
    if (search == list.search()) list.setConversations(*found);
  });
  QObject::connect(&store, &ConversationStore::loaded, &window, [this](const auto& data) {
    endEditing();
    chat.show(*data);
  });
  QObject::connect(&store, &ConversationStore::failed, &window, [this](const QString& sentence) {
    pane->notice().show(NoticeBar::Kind::problem, sentence);
  });
  QObject::connect(&store, &ConversationStore::noticed, &window, [this](const QString& sentence) {
    pane->notice().show(NoticeBar::Kind::problem, sentence);
  });
  QObject::connect(&store, &ConversationStore::exported, &window, [this](const QString& path) {
    pane->notice().show(NoticeBar::Kind::information, tr("The chat was written to %1.").arg(path));
  });
  QObject::connect(&chat, &ChatController::listChanged, &window, [this] { refreshList(); });
  QObject::connect(&list, &ConversationListPanel::searchChanged, &window, [this] { refreshList(); });
  QObject::connect(&list, &ConversationListPanel::opened, &store, &ConversationStore::load);
  QObject::connect(&list, &ConversationListPanel::renamed, &window, [this](qint64 id, const QString& title) {
    if (id == chat.conversation().id) return chat.setTitle(title);
    store.rename(id, title);
    refreshList();
  });
  QObject::connect(&list, &ConversationListPanel::deleteRequested, &window, [this](qint64 id) { deleteConversation(id); });
  QObject::connect(&list, &ConversationListPanel::exportRequested, &window, [this](qint64 id) { exportConversation(id); });
  QObject::connect(sidebar, &Sidebar::newChatRequested, (*actions)[ActionId::newChat], &QAction::trigger);
  QObject::connect(sidebar, &Sidebar::systemPromptChanged, &window, [this](const QString& prompt) {
    chat.setSystemPrompt(prompt);
    settings.setValue(kPromptKey, prompt);
  });
  QObject::connect(&sidebar->sampling(), &SamplingPanel::changed, &window,
                   [this] { chat.setSettings(sidebar->sampling().values()); });
  QObject::connect(&chat, &ChatController::conversationChanged, &window, [this, &list] {
    const ConversationSummary& now = chat.conversation();
    viewData.selection().setConversation(now.id);
    list.setCurrent(now.id);
    sidebar->setSystemPrompt(now.systemPrompt);
    settings.setValue(kConversationKey, now.id);
    window.setWindowTitle(now.title.isEmpty() ? tr("Cutaway") : tr("%1 – Cutaway").arg(now.title));
  });
  chat.setSettings(sidebar->sampling().values());
  chat.setSystemPrompt(settings.value(kPromptKey).toString());
  sidebar->setSystemPrompt(chat.conversation().systemPrompt);
  const qint64 last = settings.value(kConversationKey, 0).toLongLong();
  if (last != 0) store.load(last);
  refreshList();
}

void MainWindow::Private::showItems(const QVector<ChatItem>& items) {
  pane->view().setItems(items);
  pane->showWelcome(items.isEmpty());
}

void MainWindow::Private::sendText(const QString& text) {
  if (text.trimmed().isEmpty()) return;
  // What is still in the field's pause counts for this message already.
  chat.setSystemPrompt(sidebar->systemPrompt());
  editing != 0 ? chat.sendEdited(editing, text) : chat.send(text);
}

bool MainWindow::Private::typeIntoComposer(QKeyEvent& event) {
  const QString text = event.text();
  const bool plain = (event.modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) == 0;
  if (!plain || text.isEmpty() || !text[0].isPrint() || text[0].isSpace()) return false;
  pane->composer().focusInput();
  QCoreApplication::sendEvent(pane->composer().focusProxy(), &event);
  return true;
}

void MainWindow::Private::beginEditing(qint64 id) {
  const StoredMessage* message = chat.message(id);
  if (message == nullptr || chat.state() != ChatController::State::idle) return;
  if (editing == 0) draft = pane->composer().text();
  editing = id;
  pane->composer().setText(message->text);
  if (message->role == ChatRole::user) {
    pane->composer().setEditing(tr("Editing a message: sending it makes a new version, the old one stays"));
  } else {
    pane->composer().setEditing(tr("Editing an answer: it is kept as a new version, the old one stays"), tr("Keep"));
  }
  pane->composer().focusInput();
}

void MainWindow::Private::endEditing() {
  editing = 0;
  pane->composer().setEditing({});
}

void MainWindow::Private::editLast() {
  const QVector<qint64> path = chat.tree().path();
  for (auto it = path.rbegin(); it != path.rend(); ++it) {
    if (chat.message(*it)->role == ChatRole::user) return beginEditing(*it);
  }
}

void MainWindow::Private::askAboutContext(const PromptPlan& plan, bool) {
  const auto& model = models.model();
  if (!model) return chat.cancelSending();
  auto* dialog = new ContextDialog(plan, model->card.contextLength, &window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  QObject::connect(dialog, &ContextDialog::largerChosen, &chat, &ChatController::sendWithContext);
  QObject::connect(dialog, &ContextDialog::leaveOutChosen, &chat, &ChatController::sendWithoutOldest);
  QObject::connect(dialog, &ContextDialog::cancelled, &chat, &ChatController::cancelSending);
  dialog->open();
}

void MainWindow::Private::deleteConversation(qint64 id) {
  const bool current = id == chat.conversation().id;
  if (current) {
    chat.stop();
    chat.newConversation();
  }
  store.setDeleted(id, true);
  refreshList();
  pane->notice().show(NoticeBar::Kind::information, tr("The chat was deleted."), tr("Undo"), [this, id, current] {
    store.setDeleted(id, false);
    if (current) store.load(id);
    refreshList();
  });
}

void MainWindow::Private::exportConversation(qint64 id) {
  if (id == 0) return;
  auto* dialog = new QFileDialog(&window, tr("Export chat"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(tr("Markdown (*.md)"));
  dialog->setDefaultSuffix(QStringLiteral("md"));
  QObject::connect(dialog, &QFileDialog::fileSelected, &store, [this, id](const QString& path) {
    store.exportMarkdown(id, path);
  });
  dialog->open();
}

void MainWindow::Private::refreshList() { store.list(sidebar->conversations().search()); }

void MainWindow::Private::stopWriting() {
  chat.stop();
  if (pair.isWriting()) engine.stop();
}

void MainWindow::Private::updateComposer() {
  const bool writing = chat.state() == ChatController::State::writing || pair.isWriting();
  const bool ready = models.model() != nullptr && !models.isLoading();
  pane->composer().setBusy(writing);
  pane->composer().setReady(ready, models.isLoading() ? tr("Loading the model…")
                                   : ready            ? tr("Write a message… Enter sends, Shift+Enter breaks the line")
                                                      : tr("Open a model to begin"));
  (*actions)[ActionId::stop]->setEnabled(writing);
  (*actions)[ActionId::regenerate]->setEnabled(!writing && ready);
}

}  // namespace cutaway
