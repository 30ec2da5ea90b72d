#include "ui/store/database.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSqlError>
#include <QSqlQuery>
#include <QVariant>
#include <atomic>

#include "ui/base/thread_check.h"
#include "ui/store/schema.h"

namespace cutaway {
namespace {

constexpr const char* kBusyTimeout = "QSQLITE_BUSY_TIMEOUT=5000";  // ms; another process may be writing
const QString kCorrupt = QStringLiteral("11"), kNotADatabase = QStringLiteral("26");

QString tr(const char* text) { return QCoreApplication::translate("Database", text); }

QString nextConnectionName() {
  static std::atomic<int> count{0};
  return QStringLiteral("conversations-%1").arg(++count);
}

Result<QVariant> execute(const QSqlDatabase& database, const QString& sql) {
  QSqlQuery query(database);
  if (!query.exec(sql)) {
    const QString code = query.lastError().nativeErrorCode();
    const bool damaged = code == kCorrupt || code == kNotADatabase;
    return fail(damaged ? ErrorKind::badInput : ErrorKind::device, query.lastError().databaseText().toStdString());
  }
  return query.next() ? query.value(0) : QVariant();
}

}  // namespace

Database::Database(const QString& path) : m_name(nextConnectionName()) {
  noteBlockingCall("Database::open");
  QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_name);
  QDir().mkpath(QFileInfo(path).absolutePath());
  if (open(path)) return;
  if (m_damaged) {
    const QString moved = moveAside(path);
    m_damaged = false;
    if (!moved.isEmpty() && open(path)) {
      m_notice = tr("The file of conversations was damaged. It was kept as %1, and a new one was begun.").arg(moved);
      return;
    }
  }
  const QString reason = m_notice;
  open(QStringLiteral(":memory:"));
  m_notice = tr("Conversations cannot be stored in %1 (%2). They are lost when the window closes.").arg(path, reason);
}

Database::~Database() {
  connection().close();
  QSqlDatabase::removeDatabase(m_name);
}

QSqlDatabase Database::connection() const { return QSqlDatabase::database(m_name, false); }

bool Database::open(const QString& path) {
  QSqlDatabase database = connection();
  database.setDatabaseName(path);
  database.setConnectOptions(QLatin1String(kBusyTimeout));
  if (!database.open()) {
    m_notice = database.lastError().databaseText();
    return false;
  }
  const Result<void> ready = prepare();
  if (ready) return true;
  m_damaged = ready.error().kind == ErrorKind::badInput;
  m_notice = QString::fromStdString(ready.error().message);
  database.close();
  return false;
}

Result<void> Database::prepare() {
  const QSqlDatabase database = connection();
  const QString check = TRY(execute(database, QStringLiteral("PRAGMA quick_check(1)"))).toString();
  if (check != QLatin1String("ok")) return fail(ErrorKind::badInput, check.toStdString());
  TRY(execute(database, QStringLiteral("PRAGMA journal_mode=WAL")));
  TRY(execute(database, QStringLiteral("PRAGMA synchronous=NORMAL")));
  return migrate();
}

Result<void> Database::migrate() {
  const QSqlDatabase database = connection();
  const int newest = schemaSteps().back().version;
  TRY(execute(database, QStringLiteral("BEGIN IMMEDIATE")));
  const int found = TRY(execute(database, QStringLiteral("PRAGMA user_version"))).toInt();
  if (found > newest) {
    TRY(execute(database, QStringLiteral("ROLLBACK")));
    return fail(ErrorKind::device, tr("a newer Cutaway wrote it: version %1, this one knows %2").arg(found).arg(newest)
                                       .toStdString());
  }
  for (const SchemaStep& step : schemaSteps()) {
    if (step.version <= found) continue;
    for (const char* statement : step.statements) TRY(execute(database, QLatin1String(statement)));
    TRY(execute(database, QStringLiteral("PRAGMA user_version=%1").arg(step.version)));
  }
  TRY(execute(database, QStringLiteral("COMMIT")));
  m_fullText = true;
  for (const char* statement : fullTextStatements()) {
    m_fullText = m_fullText && execute(database, QLatin1String(statement)).has_value();
  }
  return {};
}

QString Database::moveAside(const QString& path) {
  const QString stamp = QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss-zzz"));
  const QString moved = QStringLiteral("%1.damaged-%2").arg(path, stamp);
  if (!QFile::rename(path, moved)) return {};
  for (const char* part : {"-wal", "-shm"}) {
    QFile::rename(path + QLatin1String(part), moved + QLatin1String(part));
  }
  return moved;
}

}  // namespace cutaway
