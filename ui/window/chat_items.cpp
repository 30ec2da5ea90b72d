#include "ui/window/chat_items.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "ui/base/text.h"
#include "ui/engine/answer_settings.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(ChatItems)
};

struct StopText {
  const char* reason;
  const char* text;
};
constexpr StopText kStopTexts[] = {
    {"eos", QT_TRANSLATE_NOOP("ChatItems", "end of text")},
    {"length", QT_TRANSLATE_NOOP("ChatItems", "length limit")},
    {"context", QT_TRANSLATE_NOOP("ChatItems", "context full")},
    {"stop", QT_TRANSLATE_NOOP("ChatItems", "stop string")},
    {"cancelled", QT_TRANSLATE_NOOP("ChatItems", "stopped")},
};

QString stopText(const StoredMessage& answer) {
  if (answer.state == AnswerState::writing) return Text::tr("interrupted");
  if (answer.state == AnswerState::failed) return Text::tr("ended by an error");
  for (const StopText& row : kStopTexts) {
    if (answer.stats.stopReason == QLatin1String(row.reason)) return Text::tr(row.text);
  }
  return {};
}

/// How what answered was not the model as it is stored; empty when it was.
QStringList changesOf(const StoredMessage& answer) {
  const QJsonObject settings = QJsonDocument::fromJson(answer.settings.toUtf8()).object();
  QStringList parts;
  if (const QString simulation = settings[QStringLiteral("simulation")].toString(); !simulation.isEmpty()) parts += simulation;
  if (settings.contains(QStringLiteral("activations"))) parts += Text::tr("INT8 activations");
  const qsizetype edits = settings[QStringLiteral("edits")].toArray().size();
  if (edits > 0) parts += plural(edits, Text::tr("an edit was on"), Text::tr("%1 edits were on"));
  return parts;
}

/// Its id is minus the answer's.
ChatItem leftOutNotice(qint64 answer, int messages, int tokens) {
  ChatItem item;
  item.id = -answer;
  item.role = ChatRole::notice;
  item.text = Text::tr("The context is full: the model did not read the first %1 (%2) for the answer below. They stay "
                       "in the conversation.")
                  .arg(plural(messages, Text::tr("message"), Text::tr("%1 messages")),
                       plural(tokens, Text::tr("1 token"), Text::tr("%1 tokens")));
  return item;
}

}  // namespace

QString answerFooter(const StoredMessage& answer) {
  QStringList parts;
  const AnswerStats& stats = answer.stats;
  const int tokens = stats.generatedTokens > 0 ? stats.generatedTokens : static_cast<int>(answer.tokens.size());
  if (tokens > 0) parts += plural(tokens, Text::tr("1 token"), Text::tr("%1 tokens"));
  if (stats.secondsToFirst > 0) parts += Text::tr("%1 to first token").arg(secondsText(stats.secondsToFirst));
  if (stats.generateRate > 0) parts += rateText(stats.generateRate);
  const QString stop = stopText(answer);
  if (!stop.isEmpty()) parts += stop;
  if (parts.isEmpty() && !answer.text.isEmpty()) parts += Text::tr("edited by you");
  parts += changesOf(answer);
  return parts.join(QStringLiteral("   "));
}

ChatItem chatItem(const StoredMessage& message, const MessageTree& tree) {
  ChatItem item;
  item.id = message.id;
  item.role = message.role;
  item.text = message.text;
  item.tokens = message.tokens;
  if (message.role == ChatRole::assistant) item.footer = answerFooter(message);
  const QVector<qint64>& versions = tree.children(message.parent);
  const qsizetype place = versions.indexOf(message.id);
  item.siblings = static_cast<int>(place < 0 ? versions.size() + 1 : versions.size());
  item.sibling = place < 0 ? item.siblings : static_cast<int>(place) + 1;
  return item;
}

QVector<ChatItem> chatItems(const StoredMessage& message, const MessageTree& tree) {
  QVector<ChatItem> items;
  const QJsonObject settings = QJsonDocument::fromJson(message.settings.toUtf8()).object();
  const int leftOut = settings[QStringLiteral("left_out_messages")].toInt();
  if (leftOut > 0) items += leftOutNotice(message.id, leftOut, settings[QStringLiteral("left_out_tokens")].toInt());
  items += chatItem(message, tree);
  return items;
}

QVector<ChatItem> chatItems(const MessageTree& tree) {
  QVector<ChatItem> items;
  for (const qint64 id : tree.path()) items += chatItems(*tree.find(id), tree);
  return items;
}

}  // namespace cutaway
