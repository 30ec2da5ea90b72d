// Opens the conversations' SQLite file: WAL, schema and migrations, and what to do when it is damaged.
#pragma once

#include <QSqlDatabase>
#include <QString>

#include "core/base/result.h"

namespace cutaway {

/// One connection, used by the thread that opened it. Several processes may have the file open.
class Database {
 public:
  /// Never fails: a damaged file is moved aside, a file that cannot be used at all is replaced by one in memory; in
  /// both cases notice() says so and nothing is overwritten.
  explicit Database(const QString& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  QSqlDatabase connection() const;
  const QString& notice() const { return m_notice; }
  bool hasFullTextSearch() const { return m_fullText; }

 private:
  bool open(const QString& path);
  Result<void> prepare();
  Result<void> migrate();
  QString moveAside(const QString& path);

  QString m_name, m_notice;
  bool m_damaged = false, m_fullText = false;
};

}  // namespace cutaway
