#include "ui/store/markdown_export.h"

#include <QCoreApplication>
#include <QDateTime>

#include "ui/base/text.h"
#include "ui/store/message_tree.h"

namespace cutaway {
namespace {

struct Export {
  Q_DECLARE_TR_FUNCTIONS(Export)
};

QString heading(const StoredMessage& message, qsizetype version, qsizetype versions) {
  QString title = message.role == ChatRole::user ? Export::tr("User") : Export::tr("Assistant");
  if (!message.model.isEmpty()) title += QStringLiteral(" (%1)").arg(message.model);
  if (versions > 1) title += Export::tr(", version %1 of %2").arg(version).arg(versions);
  return QStringLiteral("## %1\n\n").arg(title);
}

QString quoted(QString text) { return QStringLiteral("> ") + text.replace(QLatin1Char('\n'), QLatin1String("\n> ")); }

}  // namespace

QString conversationToMarkdown(const ConversationData& conversation) {
  const MessageTree tree(conversation);
  const QVector<qint64> path = tree.path();
  QString out = QStringLiteral("# %1\n\n").arg(conversation.summary.title);
  out += Export::tr("Exported from Cutaway on %1.").arg(QDateTime::currentDateTime().toString(Qt::ISODate));
  const qsizetype hidden = tree.size() - path.size();
  if (hidden > 0) out += QLatin1Char(' ') + plural(hidden, Export::tr("1 message of other versions is not in it."),
                                                   Export::tr("%1 messages of other versions are not in it."));
  out += QStringLiteral("\n\n");
  if (!conversation.summary.systemPrompt.isEmpty()) {
    out += QStringLiteral("## %1\n\n%2\n\n").arg(Export::tr("System prompt"), quoted(conversation.summary.systemPrompt));
  }
  for (const qint64 id : path) {
    const QVector<qint64>& versions = tree.siblings(id);
    const StoredMessage& message = *tree.find(id);
    out += heading(message, versions.indexOf(id) + 1, versions.size()) + message.text.trimmed() + QStringLiteral("\n\n");
  }
  return out;
}

}  // namespace cutaway
