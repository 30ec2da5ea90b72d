// What can be done with a message, and where it stands: the line below it, code blocks' copy buttons, links.
#pragma once

#include <QRectF>
#include <QString>
#include <QVector>

#include "ui/chat/chat_data.h"
#include "ui/chat/chat_style.h"

class QPainter;

namespace cutaway {

enum class ChatAction : quint8 { copy, edit, regenerate, previousSibling, nextSibling, copyCode, openLink };

struct ActionSpot {
  ChatAction action = ChatAction::copy;
  QRectF rect;     ///< in the message
  QString label;   ///< as drawn; empty for links
  QString name;    ///< for screen readers and menus
  int block = -1;  ///< of a code block
  QString link;
  bool enabled = true;
  bool always = true;  ///< drawn even while the message is neither hovered nor focused
};

/// The actions a message offers, without places; in the order they are drawn.
QVector<ActionSpot> footerActions(const ChatItem& item);

struct FooterLayout {
  QRectF text;      ///< of the statistics
  QRectF siblings;  ///< of "2 / 3"
  QVector<ActionSpot> actions;
  qreal height = 0;
};
/// Places footer and actions in `width` from `left`; in two rows where one does not hold them. `right`: at
/// the right.
FooterLayout layoutFooter(const ChatItem& item, const ChatStyle& style, qreal left, qreal width);

}  // namespace cutaway
