// The conversations, from the UI thread's side: every call returns at once, answers come as signals.
#pragma once

#include <QObject>
#include <functional>
#include <memory>

#include "ui/base/background_thread.h"
#include "ui/store/store_data.h"

namespace cutaway {

class StoreWorker;

/// Calls take effect in the order they are made. The destructor waits until all is written: close with flush() first.
class ConversationStore : public QObject {
  Q_OBJECT

 public:
  ConversationStore(const QString& path, BackgroundThread& thread, QObject* parent = nullptr);
  ~ConversationStore() override;

  void save(const ConversationSummary& conversation);
  void save(const StoredMessage& message);
  void save(qint64 message, const PairedAnswer& answer);
  void rename(qint64 conversation, const QString& title);
  void setDeleted(qint64 conversation, bool deleted);
  void list(const QString& search);  ///< -> listed
  void load(qint64 conversation);    ///< -> loaded
  /// Writes the conversation's shown path as Markdown, through a temporary file. -> exported or failed
  void exportMarkdown(qint64 conversation, const QString& path);
  /// Calls `then` here when everything asked for before is on disk.
  void flush(std::function<void()> then);

 Q_SIGNALS:
  void listed(std::shared_ptr<const cutaway::ConversationList> conversations, const QString& search);
  void loaded(std::shared_ptr<const cutaway::ConversationData> conversation);
  void exported(const QString& path);
  void failed(const QString& sentence);
  void noticed(const QString& sentence);  ///< a damaged file was moved aside, ...

 private:
  template <class Work>
  void write(Work work);

  BackgroundThread& m_thread;
  std::shared_ptr<std::unique_ptr<StoreWorker>> m_worker;  ///< filled, used and emptied on the thread
};

}  // namespace cutaway
