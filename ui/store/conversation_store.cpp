#include "ui/store/conversation_store.h"

#include <QSaveFile>

#include "ui/base/thread_check.h"
#include "ui/store/markdown_export.h"
#include "ui/store/store_worker.h"

namespace cutaway {
namespace {

Result<void> writeTextFile(const QString& path, const QString& text) {
  noteBlockingCall("writeTextFile");
  QSaveFile file(path);
  const QByteArray bytes = text.toUtf8();
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
    return fail(ErrorKind::badInput, path.toStdString(), " cannot be written: ", file.errorString().toStdString(), ".");
  }
  return {};
}

}  // namespace

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
        return writeTextFile(path, conversationToMarkdown(data));
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
