#include "ui/store/store_worker.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSqlError>
#include <QSqlQuery>
#include <QVariant>

#include "ui/base/thread_check.h"
#include "ui/store/token_blob.h"

namespace cutaway {
namespace {

constexpr int kShortestTrigram = 3;

Result<QSqlQuery> run(const Database& database, const QString& sql, const QVariantList& values) {
  QSqlQuery query(database.connection());
  query.setForwardOnly(true);
  bool good = query.prepare(sql);
  for (int i = 0; good && i < values.size(); ++i) query.bindValue(i, values[i]);
  good = good && query.exec();
  if (!good) return fail(ErrorKind::device, "The conversation could not be stored or read: ",
                         query.lastError().databaseText().toStdString(), ".");
  return query;
}

QString packStats(const AnswerStats& stats) {
  const QJsonObject object{{QStringLiteral("prompt"), stats.promptTokens},
                           {QStringLiteral("reused"), stats.reusedTokens},
                           {QStringLiteral("generated"), stats.generatedTokens},
                           {QStringLiteral("ttft"), stats.secondsToFirst},
                           {QStringLiteral("promptRate"), stats.promptRate},
                           {QStringLiteral("generateRate"), stats.generateRate},
                           {QStringLiteral("stop"), stats.stopReason}};
  return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

AnswerStats unpackStats(const QString& text) {
  const QJsonObject object = QJsonDocument::fromJson(text.toUtf8()).object();
  AnswerStats stats;
  stats.promptTokens = object[QStringLiteral("prompt")].toInt();
  stats.reusedTokens = object[QStringLiteral("reused")].toInt();
  stats.generatedTokens = object[QStringLiteral("generated")].toInt();
  stats.secondsToFirst = object[QStringLiteral("ttft")].toDouble();
  stats.promptRate = object[QStringLiteral("promptRate")].toDouble();
  stats.generateRate = object[QStringLiteral("generateRate")].toDouble();
  stats.stopReason = object[QStringLiteral("stop")].toString();
  return stats;
}

QString likePattern(QString text) {
  text.replace(QLatin1String("\\"), QLatin1String("\\\\"));
  text.replace(QLatin1Char('%'), QLatin1String("\\%")).replace(QLatin1Char('_'), QLatin1String("\\_"));
  return QLatin1Char('%') + text + QLatin1Char('%');
}

/// SQLite stores a null QString as NULL, which the schema forbids.
QString notNull(const QString& text) { return text.isNull() ? QStringLiteral("") : text; }

ConversationSummary readSummary(const QSqlQuery& row) {
  ConversationSummary summary;
  summary.id = row.value(0).toLongLong();
  summary.title = row.value(1).toString();
  summary.systemPrompt = row.value(2).toString();
  summary.created = row.value(3).toLongLong();
  summary.updated = row.value(4).toLongLong();
  summary.leaf = row.value(5).toLongLong();
  summary.messages = row.value(6).toInt();
  return summary;
}

StoredMessage readMessage(const QSqlQuery& row) {
  StoredMessage message;
  message.id = row.value(0).toLongLong();
  message.conversation = row.value(1).toLongLong();
  message.parent = row.value(2).toLongLong();
  message.role = static_cast<ChatRole>(row.value(3).toInt());
  message.state = static_cast<AnswerState>(row.value(4).toInt());
  message.text = row.value(5).toString();
  message.tokens = unpackTokens(row.value(6).toByteArray());
  message.stats = unpackStats(row.value(7).toString());
  message.created = row.value(8).toLongLong();
  message.model = row.value(9).toString();
  message.settings = row.value(10).toString();
  return message;
}

PairedAnswer readPaired(const QSqlQuery& row) {
  PairedAnswer answer;
  answer.mode = static_cast<PairMode>(row.value(1).toInt());
  answer.model = row.value(2).toString();
  answer.first = row.value(3).toInt();
  answer.tokens = unpackTokens(row.value(4).toByteArray());
  answer.differences = unpackDifferences(row.value(5).toByteArray());
  answer.stats = unpackStats(row.value(6).toString());
  answer.error = row.value(7).toString();
  answer.ended = true;
  return answer;
}

const QString kSummary = QStringLiteral(
    "SELECT c.id, c.title, c.system_prompt, c.created, c.updated, c.leaf, "
    "(SELECT count(*) FROM message m WHERE m.conversation = c.id) FROM conversation c ");

}  // namespace

StoreWorker::StoreWorker(const QString& path) : m_database(path) {}

Result<void> StoreWorker::save(const ConversationSummary& c) {
  noteBlockingCall("StoreWorker::save conversation");
  TRY(run(m_database,
          QStringLiteral("INSERT INTO conversation(id, title, system_prompt, created, updated, leaf) "
                         "VALUES (?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET title=excluded.title, "
                         "system_prompt=excluded.system_prompt, updated=excluded.updated, leaf=excluded.leaf"),
          {c.id, notNull(c.title), notNull(c.systemPrompt), c.created, c.updated, c.leaf}));
  return {};
}

Result<void> StoreWorker::save(const StoredMessage& m) {
  noteBlockingCall("StoreWorker::save message");
  TRY(run(m_database,
          QStringLiteral("INSERT INTO message(id, conversation, parent, role, state, text, tokens, stats, created, "
                         "model, settings) VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                         "state=excluded.state, text=excluded.text, tokens=excluded.tokens, stats=excluded.stats, "
                         "settings=excluded.settings"),
          {m.id, m.conversation, m.parent, static_cast<int>(m.role), static_cast<int>(m.state), notNull(m.text),
           packTokens(m.tokens), packStats(m.stats), m.created, notNull(m.model), notNull(m.settings)}));
  TRY(run(m_database, QStringLiteral("UPDATE conversation SET updated=? WHERE id=?"),
          {QDateTime::currentMSecsSinceEpoch(), m.conversation}));
  return {};
}

Result<void> StoreWorker::save(qint64 message, const PairedAnswer& a) {
  noteBlockingCall("StoreWorker::save paired answer");
  TRY(run(m_database,
          QStringLiteral("INSERT OR REPLACE INTO paired_answer(message, mode, model, first, tokens, differences, stats, error) "
                         "VALUES (?,?,?,?,?,?,?,?)"),
          {message, static_cast<int>(a.mode), notNull(a.model), a.first, packTokens(a.tokens), packDifferences(a.differences),
           packStats(a.stats), notNull(a.error)}));
  return {};
}

Result<void> StoreWorker::rename(qint64 conversation, const QString& title) {
  noteBlockingCall("StoreWorker::rename");
  TRY(run(m_database, QStringLiteral("UPDATE conversation SET title=? WHERE id=?"), {notNull(title), conversation}));
  return {};
}

Result<void> StoreWorker::setDeleted(qint64 conversation, bool deleted) {
  noteBlockingCall("StoreWorker::setDeleted");
  TRY(run(m_database, QStringLiteral("UPDATE conversation SET deleted=? WHERE id=?"), {deleted ? 1 : 0, conversation}));
  return {};
}

Result<ConversationList> StoreWorker::list(const QString& search) {
  noteBlockingCall("StoreWorker::list");
  QString where = QStringLiteral("WHERE c.deleted = 0 ");
  QVariantList values;
  if (!search.isEmpty()) {
    const bool fullText = m_database.hasFullTextSearch() && search.size() >= kShortestTrigram;
    where += QStringLiteral("AND (c.title LIKE ? ESCAPE '\\' OR c.id IN (SELECT conversation FROM message WHERE %1)) ")
                 .arg(fullText ? QStringLiteral("id IN (SELECT rowid FROM message_search WHERE message_search MATCH ?)")
                               : QStringLiteral("text LIKE ? ESCAPE '\\'"));
    QString phrase = search;
    phrase.replace(QLatin1Char('"'), QLatin1String("\"\""));
    values = {likePattern(search), fullText ? QLatin1Char('"') + phrase + QLatin1Char('"') : likePattern(search)};
  }
  QSqlQuery rows = TRY(run(m_database, kSummary + where + QStringLiteral("ORDER BY c.updated DESC, c.id DESC"), values));
  ConversationList list;
  while (rows.next()) list.append(readSummary(rows));
  return list;
}

Result<ConversationData> StoreWorker::load(qint64 conversation) {
  noteBlockingCall("StoreWorker::load");
  QSqlQuery row = TRY(run(m_database, kSummary + QStringLiteral("WHERE c.id = ?"), {conversation}));
  if (!row.next()) return fail(ErrorKind::badInput, "This conversation is no longer there.");
  ConversationData data;
  data.summary = readSummary(row);
  QSqlQuery rows = TRY(run(m_database,
                           QStringLiteral("SELECT id, conversation, parent, role, state, text, tokens, stats, created, "
                                          "model, settings FROM message WHERE conversation = ? ORDER BY id"),
                           {conversation}));
  while (rows.next()) data.messages.append(readMessage(rows));
  QSqlQuery pairs = TRY(run(m_database,
                            QStringLiteral("SELECT p.message, p.mode, p.model, p.first, p.tokens, p.differences, p.stats, p.error "
                                           "FROM paired_answer p JOIN message m ON m.id = p.message WHERE m.conversation = ?"),
                            {conversation}));
  while (pairs.next()) data.pairedAnswers.insert(pairs.value(0).toLongLong(), readPaired(pairs));
  return data;
}

}  // namespace cutaway
