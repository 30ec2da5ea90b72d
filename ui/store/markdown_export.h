// A conversation as Markdown: the path that is shown, with a word on the versions that are not.
#pragma once

#include <QString>

#include "ui/store/store_data.h"

namespace cutaway {

QString conversationToMarkdown(const ConversationData& conversation);

}  // namespace cutaway
