#include "ui/chat/message_footer.h"

namespace cutaway {

QVector<ActionSpot> footerActions(const ChatItem& item) {
  QVector<ActionSpot> actions;
  if (item.role == ChatRole::notice || item.role == ChatRole::system || item.streaming || item.id < 0)
    return actions;
  const bool isAnswer = item.role == ChatRole::assistant;
  const auto add = [&](ChatAction action, const QString& label, const QString& name, bool enabled,
                       bool always) {
    actions << ActionSpot{.action = action,
                          .rect = {},
                          .label = label,
                          .name = name,
                          .link = {},
                          .enabled = enabled,
                          .always = always};
  };
  add(ChatAction::copy, ChatText::tr("Copy"), ChatText::tr("Copy message"), true, isAnswer);
  if (item.readOnly) return actions;
  add(ChatAction::edit, ChatText::tr("Edit"), ChatText::tr("Edit message"), true, isAnswer);
  if (isAnswer) add(ChatAction::regenerate, ChatText::tr("Retry"), ChatText::tr("Answer again"), true, true);
  if (item.siblings > 1) {
    add(ChatAction::previousSibling, QStringLiteral("‹"), ChatText::tr("Previous version"), item.sibling > 1,
        true);
    add(ChatAction::nextSibling, QStringLiteral("›"), ChatText::tr("Next version"),
        item.sibling < item.siblings, true);
  }
  return actions;
}

FooterLayout layoutFooter(const ChatItem& item, const ChatStyle& style, qreal left, qreal width) {
  FooterLayout footer;
  if (item.role == ChatRole::notice || item.role == ChatRole::system) return footer;
  const QFontMetricsF metrics(style.small);
  const qreal row = ChatStyle::linePitch(style.small) + ChatStyle::kGrid / 2;
  constexpr qreal kPad = ChatStyle::kGrid * 0.75;
  const QString count = QStringLiteral("%1 / %2").arg(item.sibling).arg(item.siblings);
  footer.actions = footerActions(item);
  qreal x = 0;
  for (ActionSpot& spot : footer.actions) {
    if (spot.action == ChatAction::nextSibling) {
      footer.siblings = {x, 0, metrics.horizontalAdvance(count), row};
      x += footer.siblings.width();
    }
    const qreal spotWidth = std::max(metrics.horizontalAdvance(spot.label) + 2 * kPad, 20.0);
    spot.rect = {x, 0, spotWidth, row};
    x += spotWidth;
  }
  const qreal textWidth = metrics.horizontalAdvance(item.footer);
  const bool twoRows = !item.footer.isEmpty() && textWidth + 2 * ChatStyle::kGrid + x > width;
  footer.text = {left, 0, twoRows ? width : std::min(width, textWidth + 1), row};
  const qreal shift = left + (twoRows ? -kPad : width - x + kPad), down = twoRows ? row : 0;
  for (ActionSpot& spot : footer.actions) spot.rect.translate(shift, down);
  footer.siblings.translate(shift, down);
  footer.height = twoRows ? 2 * row : row;
  return footer;
}

}  // namespace cutaway
