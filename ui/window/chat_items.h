// From stored messages to what the chat pane shows: versions, footers, notices of what was left out.
#pragma once

#include <QVector>

#include "ui/chat/chat_data.h"
#include "ui/store/message_tree.h"

namespace cutaway {

/// "38 tokens   142 ms to first token   61.4 tokens/s   end of text"
QString answerFooter(const StoredMessage& answer);

/// "The first 4 messages (212 tokens) were left out ..." for an answer written without them; id: minus the answer's.
ChatItem leftOutNotice(qint64 answer, int messages, int tokens);

/// One message; its place among its versions is taken from the tree when it is there.
ChatItem chatItem(const StoredMessage& message, const MessageTree& tree);

/// The path that is shown, notices included.
QVector<ChatItem> chatItems(const MessageTree& tree);

}  // namespace cutaway
