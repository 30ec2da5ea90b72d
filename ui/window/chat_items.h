// From stored messages to what the chat pane shows: versions, footers, notices of what was left out.
#pragma once

#include <QVector>

#include "ui/chat/chat_data.h"
#include "ui/store/message_tree.h"

namespace cutaway {

/// "38 tokens   142 ms to first token   61.4 tokens/s   end of text"
QString answerFooter(const StoredMessage& answer);

/// One message; its place among its versions is taken from the tree when it is there.
ChatItem chatItem(const StoredMessage& message, const MessageTree& tree);

/// The message, after the notice of what was left out for it.
QVector<ChatItem> chatItems(const StoredMessage& message, const MessageTree& tree);

/// The path that is shown, notices included.
QVector<ChatItem> chatItems(const MessageTree& tree);

}  // namespace cutaway
