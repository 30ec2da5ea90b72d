// The tooltip of a token: what it is, how probable it was, and what the model would have said instead.
#pragma once

#include <QWidget>

#include "ui/chat/chat_data.h"

namespace cutaway {

/// White space and control characters made visible: "␣", "⏎", "⇥".
QString tokenLabel(const QString& text);
/// "62.1 %", "< 0.1 %".
QString percentText(float probability);
/// One line per fact, for screen readers.
QString describeToken(const ChatToken& token);

class TokenTip : public QWidget {
  Q_OBJECT

 public:
  explicit TokenTip(QWidget* parent);
  /// Below `anchor` (global pixels), or above it where the screen ends.
  void showFor(const ChatToken& token, const QRect& anchor);
  QSize sizeHint() const override;
  static constexpr int kMostAlternatives = 8;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QFont headFont() const;
  QFont smallFont() const;
  QString facts() const;
  ChatToken m_token;
};

}  // namespace cutaway
