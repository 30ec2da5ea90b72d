// The middle column: find bar, chat or welcome, loading, notices, colouring, composer.
#pragma once

#include <QWidget>

#include "ui/chat/chat_data.h"

class QComboBox;
class QLabel;
class QSplitter;
class QStackedWidget;

namespace cutaway {

class ChatView;
class ColourLegend;
class Composer;
class EditsStrip;
class FindBar;
class LoadingStrip;
class NoticeBar;
class PairBar;
class WelcomePage;

/// Puts the parts together; the window connects them.
class ChatPane : public QWidget {
  Q_OBJECT

 public:
  explicit ChatPane(QWidget* parent = nullptr);

  ChatView& view() { return *m_view; }
  ChatView& secondView() { return *m_second; }
  PairBar& pairBar() { return *m_pairBar; }
  Composer& composer() { return *m_composer; }
  FindBar& findBar() { return *m_findBar; }
  LoadingStrip& loading() { return *m_loading; }
  NoticeBar& notice() { return *m_notice; }
  EditsStrip& edits() { return *m_edits; }
  WelcomePage& welcome() { return *m_welcome; }

  void showWelcome(bool welcome);  ///< instead of the chat
  /// The bar above the chat, and the second model's chat beside the first one's.
  void showPair(bool bar, bool chat);
  void setColouring(TokenColouring colouring);
  void setContextUsed(quint32 tokens, quint32 context);

 Q_SIGNALS:
  void colouringChosen(cutaway::TokenColouring colouring);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void adapt();  ///< words to the room

  FindBar* m_findBar;
  QStackedWidget* m_stack;
  WelcomePage* m_welcome;
  ChatView *m_view, *m_second;
  QSplitter* m_sides;  ///< of the two chats
  PairBar* m_pairBar;
  LoadingStrip* m_loading;
  NoticeBar* m_notice;
  EditsStrip* m_edits;
  QComboBox* m_colouring;
  ColourLegend* m_legend;
  QLabel* m_context;
  Composer* m_composer;
  quint32 m_used = 0, m_of = 0;
};

}  // namespace cutaway
