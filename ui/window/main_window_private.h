// The main window's parts and how they are connected; implemented in the main_window_*.cpp files.
#pragma once

#include <QDockWidget>
#include <QHash>
#include <QPointer>
#include <QSplitter>

#include "ui/base/background_thread.h"
#include "ui/base/settings.h"
#include "ui/engine/engine_controller.h"
#include "ui/main_window.h"
#include "ui/store/conversation_store.h"
#include "ui/theme.h"
#include "ui/views/view_table.h"
#include "ui/window/actions.h"
#include "ui/window/chat_controller.h"
#include "ui/window/chat_pane.h"
#include "ui/window/fit_dialog.h"
#include "ui/window/model_controller.h"
#include "ui/window/pair_controller.h"
#include "ui/window/sidebar.h"
#include "ui/window/status_line.h"
#include "ui/window/top_bar.h"

namespace cutaway {

/// The views' window onto the conversation.
class WindowViewData : public ViewData {
  Q_OBJECT

 public:
  WindowViewData(ChatController& chat, const PairController& pair, BackgroundThread& background, QObject* parent)
      : ViewData(parent), m_chat(chat), m_pair(pair), m_background(background) {}
  const StoredMessage* message(qint64 id) const override { return m_chat.message(id); }
  const PairedAnswer* paired(qint64 answer) const override { return m_pair.answer(answer); }
  void inBackground(QObject* receiver, std::function<std::function<void()>()> work) override {
    m_background.ask(receiver, std::move(work), [](const std::function<void()>& then) { then(); });
  }
  RequestId ask(const QString& asker, qint64 message, int tokens, InquiryMaker make) override {
    return m_chat.ask(asker, message, tokens, std::move(make));
  }
  RequestId askPair(const QString& asker, qint64 message, int tokens, PairInquiryMaker make) override {
    return m_pair.model() ? m_chat.ask(asker, message, tokens, {}, std::move(make)) : 0;
  }

 private:
  ChatController& m_chat;
  const PairController& m_pair;
  BackgroundThread& m_background;
};

struct MainWindow::Private {
  Private(MainWindow& owner, WindowSetup&& given);

  // main_window_layout.cpp
  void layOut();
  void addDocks();
  void showWholeTabs();
  void adaptTitles();  ///< a dock in a tab needs no title of its own
  void restoreLayout();
  void saveLayout();
  void beforeResize(int width);  ///< before the docks are laid out anew
  void adaptToWidth(int width);
  void makeRoom();  ///< hides the inspector of a narrow window, and brings back what was hidden so
  void setInspectorVisible(bool visible);
  void showSidebar(bool shown);  ///< and checks its action
  bool inspectorShown() const;
  InspectorView* frontView() const;  ///< the one with the focus, else the first that is in front; null when none is

  // main_window_saving.cpp
  void connectSaving();
  void savePicture(InspectorView& view);
  void saveNumbers(InspectorView& view);
  void copyNumbers(const InspectorView& view);
  void writeFile(const QString& path, const QByteArray& bytes);

  // main_window_chat.cpp
  void connectChat();
  void connectView();
  void connectConversations();
  void sendText(const QString& text);
  bool typeIntoComposer(QKeyEvent& event);  ///< what is typed at the chat goes into the message
  void beginEditing(qint64 message);
  void endEditing();
  void editLast();
  void askAboutContext(const PromptPlan& plan, bool single);
  void showItems(const QVector<ChatItem>& items);
  void deleteConversation(qint64 id);
  void exportConversation(qint64 id);
  void refreshList();
  void stopWriting();  ///< both models
  void updateComposer();

  // main_window_pair.cpp
  void connectPair();
  void fillCompareMenu();
  void compareWith(const ModelChoice& choice);
  void showPair();        ///< what the bar says and which chats are there
  void showWeights();     ///< as the colouring wants them
  void goToDifference();  ///< of the last answer

  // main_window_model.cpp
  void connectModel();
  void chooseFile(const std::function<void(const QString& path)>& chosen);
  void openFile(const QString& path);
  void showDrop(const QString& path);  ///< what would be opened; empty: nothing is dragged here
  void openWithOptions(const ModelChoice& choice);
  OpenBackend deviceInUse() const;
  QStringList knownModels() const;  ///< paths, or kDemoModel; the one in use first
  void quantize();
  void compareMany();
  void loadFailed(const QString& sentence, LoadFailure kind, const ModelChoice& tried);
  void modelChanged();

  // main_window_actions.cpp
  void connectActions();
  void setColouring(TokenColouring colouring);
  void setTheme(ThemeChoice choice);
  void showShortcuts();
  void showAbout();

  MainWindow& window;
  WindowSetup setup;
  QString directory;
  BackgroundThread background;
  Settings settings;
  EngineController engine;
  ConversationStore store;
  ChatController chat;
  PairController pair;
  ModelController models;
  WindowViewData viewData;

  Actions* actions = nullptr;
  TopBar* topBar = nullptr;
  Sidebar* sidebar = nullptr;
  QSplitter* split = nullptr;
  ChatPane* pane = nullptr;
  StatusLine* status = nullptr;
  QHash<QString, QDockWidget*> docks;  ///< by the view's id
  bool sidebarWanted = true;    ///< by the user, whether or not there is room
  bool sidebarHasRoom = true;
  bool narrow = false;
  bool hiddenForRoom = false;  ///< the inspector, not by the user
  QByteArray dockState;  ///< the layout before the inspector was hidden
  QPointer<FitDialog> fitDialog;
  QHash<qint64, TokenWeights> attentionWeights;  ///< as a view last told them
  qint64 editing = 0;  ///< message being edited; 0: none
  QString draft;       ///< what was typed before editing began
  QString dropping;    ///< path that is being dragged over the window
  bool closing = false, closed = false;
};

}  // namespace cutaway
