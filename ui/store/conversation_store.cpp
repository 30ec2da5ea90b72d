#include "ui/store/conversation_store.h"

#include "ui/base/write_file.h"
#include "ui/store/markdown_export.h"
#include "ui/store/store_worker.h"

namespace cutaway {
ConversationStore::ConversationStore(const QString& path, BackgroundThread& thread, QObject* parent)
    : QObject(parent), m_thread(thread), m_worker(std::make_shared<std::unique_ptr<StoreWorker>>()) {
  m_thread.ask(
      this,
      [worker = m_worker, path] {
        *worker = std::make_unique<StoreWorker>(path);
        return (*worker)->notice();
      },
      [this](const QString& notice) {
        if (!notice.isEmpty()) Q_EMIT noticed(notice);
      });
}

ConversationStore::~ConversationStore() {
  m_thread.post([worker = m_worker] { worker->reset(); });
}

template <class Work>
void ConversationStore::write(Work work) {
  m_thread.ask(
      this, [worker = m_worker, work = std::move(work)]() -> Result<void> { return work(**worker); },
      [this](Result<void> done) {
        if (!done) Q_EMIT failed(QString::fromStdString(done.error().message));
      });
}

void ConversationStore::save(const ConversationSummary& conversation) {
  write([conversation](StoreWorker& worker) { return worker.save(conversation); });
}

void ConversationStore::save(const StoredMessage& message) {
  write([message](StoreWorker& worker) { return worker.save(message); });
}

void ConversationStore::save(qint64 message, const PairedAnswer& answer) {
  write([message, answer](StoreWorker& worker) { return worker.save(message, answer); });
}

void ConversationStore::rename(qint64 conversation, const QString& title) {
  write([conversation, title](StoreWorker& worker) { return worker.rename(conversation, title); });
}

void ConversationStore::setDeleted(qint64 conversation, bool deleted) {
  write([conversation, deleted](StoreWorker& worker) { return worker.setDeleted(conversation, deleted); });
}

void ConversationStore::list(const QString& search) {
  m_thread.ask(
      this, [worker = m_worker, search] { return (*worker)->list(search); },
      [this, search](Result<ConversationList> found) {
        if (!found) return Q_EMIT failed(QString::fromStdString(found.error().message));
        Q_EMIT listed(std::make_shared<const ConversationList>(std::move(*found)), search);
      });
}

void ConversationStore::load(qint64 conversation) {
  m_thread.ask(
      this, [worker = m_worker, conversation] { return (*worker)->load(conversation); },
      [this](Result<ConversationData> found) {
        if (!found) return Q_EMIT failed(QString::fromStdString(found.error().message));
        Q_EMIT loaded(std::make_shared<const ConversationData>(std::move(*found)));
      });
}

void ConversationStore::exportMarkdown(qint64 conversation, const QString& path) {
  m_thread.ask(
      this,
      [worker = m_worker, conversation, path]() -> Result<void> {
        const ConversationData data = TRY((*worker)->load(conversation));
        const QString problem = writeWhole(path, conversationToMarkdown(data).toUtf8());
        if (problem.isEmpty()) return {};
        return fail(ErrorKind::badInput, path.toStdString(), " cannot be written: ", problem.toStdString(), ".");
      },
      [this, path](Result<void> done) {
        if (done) return Q_EMIT exported(path);
        Q_EMIT failed(QString::fromStdString(done.error().message));
      });
}

void ConversationStore::flush(std::function<void()> then) {
  m_thread.ask(
      this, [] { return true; }, [then = std::move(then)](bool) { then(); });
}

}  // namespace cutaway
