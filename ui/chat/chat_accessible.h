// Screen readers' view of the chat pane: a list whose items are the messages with their actions.
#pragma once

class QAccessibleEvent;

namespace cutaway {

class ChatView;
class TokenTip;
struct ChatToken;

void installChatAccessibility();  ///< once; more calls do nothing
void announceFinished(ChatView& view, int row);
void announceFocus(ChatView& view, int row);
void announceToken(TokenTip& tip, const ChatToken& token);  ///< reads the tip out, not the message again

/// Where events go; at first QAccessible::updateAccessibility, which drops them on platforms without
/// accessibility, as the offscreen one that tests run on.
using AccessibleSender = void (*)(QAccessibleEvent* event);
void setAccessibleSender(AccessibleSender sender);

}  // namespace cutaway
