// A view about the selected word of an answer: it asks a moment after the word was chosen, and only while it is shown.
#pragma once

#include <QTimer>

#include "ui/views/view.h"

namespace cutaway {

class WordView : public InspectorView {
  Q_OBJECT

 public:
  enum class Follows : quint8 { selected, hovered };  ///< hovered: the word pointed at, else the selected one

  WordView(ViewData& data, QWidget* parent, Follows follows);

 protected:
  /// The word is one of the message's tokens. False: it could not be asked about; the next change tries again.
  virtual bool askAbout(const TokenRange& word, const StoredMessage& message) = 0;
  /// There is nothing (any more) that could be shown: no word, no model, another conversation.
  virtual void showNothing(const QString& why) = 0;

  virtual bool looksAtWord() const { return isShown(); }  ///< else nothing is asked
  void shownChanged() override { askSoon(); }
  void askSoon();
  void askAnew();     ///< about the same word too, as how it is asked about has changed
  void forgetWord() { m_asked = {}; }  ///< it got no answer: the next change asks about it again
  void start();       ///< at the end of the constructor
  const TokenRange& asked() const { return m_asked; }

 private:
  void ask();
  void reset();

  Follows m_follows;
  QTimer m_timer;
  TokenRange m_asked;  ///< empty: none
};

}  // namespace cutaway
