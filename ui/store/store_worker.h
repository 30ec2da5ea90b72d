// The store's queries, all on the store's thread.
#pragma once

#include <memory>

#include "core/base/result.h"
#include "ui/store/database.h"
#include "ui/store/store_data.h"

namespace cutaway {

/// Errors are SQLite's sentences: a full disk, a read-only file, another process that holds the lock too long.
class StoreWorker {
 public:
  explicit StoreWorker(const QString& path);

  const QString& notice() const { return m_database.notice(); }

  Result<void> save(const ConversationSummary& conversation);  ///< inserts, or replaces what is there
  Result<void> save(const StoredMessage& message);             ///< the same; also stamps its conversation
  Result<void> save(qint64 message, const PairedAnswer& answer);  ///< the message is there
  Result<void> rename(qint64 conversation, const QString& title);
  Result<void> setDeleted(qint64 conversation, bool deleted);
  /// Conversations whose title or any message contains `search`, all when it is empty. Deleted ones never.
  Result<ConversationList> list(const QString& search);
  Result<ConversationData> load(qint64 conversation);

 private:
  Database m_database;
};

}  // namespace cutaway
