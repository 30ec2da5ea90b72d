// The conversations on disk: what is kept, what survives, what two processes do to each other.
#include <QFile>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QtTest>

#include "ui/base/ids.h"
#include "ui/store/conversation_store.h"
#include "ui/store/markdown_export.h"
#include "ui/store/message_tree.h"
#include "ui/store/store_worker.h"
#include "ui/store/token_blob.h"

using namespace cutaway;

namespace {

ConversationSummary conversation(qint64 id, const QString& title) {
  ConversationSummary c;
  c.id = id;
  c.title = title;
  c.created = c.updated = 1000 + id;
  return c;
}

StoredMessage message(qint64 id, qint64 parent, ChatRole role, const QString& text) {
  StoredMessage m;
  m.id = id;
  m.conversation = 1;
  m.parent = parent;
  m.role = role;
  m.text = text;
  m.created = id;
  return m;
}

QVector<ChatToken> someTokens() {
  return {{QStringLiteral("Gr"), 17, 0.25f, 1.5f, {{QStringLiteral("Gr"), 0.25f}, {QStringLiteral("日本"), 0.125f}}},
          {QStringLiteral("üß\n"), 2047, 1e-9f, 0.0f, {}}};
}

}  // namespace

class StoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    m_directory = std::make_unique<QTemporaryDir>();
    m_path = m_directory->filePath(QStringLiteral("conversations.sqlite"));
  }

  void tokensSurviveTheBlob() {
    const QVector<ChatToken> before = someTokens(), after = unpackTokens(packTokens(before));
    QCOMPARE(after.size(), before.size());
    for (int i = 0; i < before.size(); ++i) {
      QCOMPARE(after[i].text, before[i].text);
      QCOMPARE(after[i].id, before[i].id);
      QVERIFY(after[i].probability == before[i].probability);
      QVERIFY(after[i].entropy == before[i].entropy);
      QCOMPARE(after[i].alternatives.size(), before[i].alternatives.size());
    }
    QCOMPARE(after[0].alternatives[1].text, QStringLiteral("日本"));
  }

  void damagedBlobsGiveNoTokens() {
    const QByteArray good = packTokens(someTokens());
    for (int length = 0; length < good.size(); ++length) QVERIFY(unpackTokens(good.left(length)).isEmpty());
    QByteArray newer = good;
    newer[0] = 9;
    QVERIFY(unpackTokens(newer).isEmpty());
    QVERIFY(packTokens({}).isEmpty());
  }

  void savesAndLoadsAMessageWhole() {
    StoreWorker worker(m_path);
    QVERIFY(worker.save(conversation(1, QStringLiteral("Title"))));
    StoredMessage answer = message(3, 2, ChatRole::assistant, QStringLiteral("Grüß"));
    answer.tokens = someTokens();
    answer.state = AnswerState::stopped;
    answer.stats = {100, 60, 7, 0.25, 400.5, 61.25, QStringLiteral("eos")};
    answer.model = QStringLiteral("demo");
    answer.settings = QStringLiteral("{\"seed\":1}");
    QVERIFY(worker.save(message(2, 0, ChatRole::user, QStringLiteral("Hi"))));
    QVERIFY(worker.save(answer));

    const auto data = worker.load(1);
    QVERIFY(data);
    QCOMPARE(data->summary.messages, 2);
    const StoredMessage& read = data->messages[1];
    QCOMPARE(read.text, answer.text);
    QCOMPARE(read.parent, qint64(2));
    QCOMPARE(int(read.state), int(AnswerState::stopped));
    QCOMPARE(read.tokens.size(), 2);
    QCOMPARE(read.stats.reusedTokens, 60);
    QCOMPARE(read.stats.generateRate, 61.25);
    QCOMPARE(read.stats.stopReason, QStringLiteral("eos"));
    QCOMPARE(read.model, answer.model);
    QCOMPARE(read.settings, answer.settings);
  }

  void reopensAfterTheProgramDied() {
    {
      StoreWorker first(m_path);
      QVERIFY(first.save(conversation(1, QStringLiteral("Kept"))));
      QVERIFY(first.save(message(2, 0, ChatRole::user, QStringLiteral("before"))));
      // What a killed process leaves: the file and its write-ahead log, copied while the connection is open.
      for (const char* part : {"", "-wal"}) {
        QVERIFY(QFile::copy(m_path + QLatin1String(part), m_path + QStringLiteral(".killed") + QLatin1String(part)));
      }
    }
    StoreWorker again(m_path + QStringLiteral(".killed"));
    QVERIFY(again.notice().isEmpty());
    QCOMPARE(again.load(1)->messages.size(), 1);
  }

  void searchesTitlesAndTexts_data() {
    QTest::addColumn<QString>("search");
    QTest::addColumn<int>("found");
    QTest::newRow("everything") << QString() << 2;
    QTest::newRow("title") << QStringLiteral("FOX") << 1;
    QTest::newRow("inside a word of a message") << QStringLiteral("ttenti") << 1;
    QTest::newRow("two letters") << QStringLiteral("KV") << 1;
    QTest::newRow("quotes are text") << QStringLiteral("say \"hi\"") << 1;
    QTest::newRow("operators are text") << QStringLiteral("a OR b") << 0;
    QTest::newRow("percent is text") << QStringLiteral("%") << 0;
    QTest::newRow("nothing") << QStringLiteral("zebra") << 0;
  }

  void searchesTitlesAndTexts() {
    QFETCH(QString, search);
    QFETCH(int, found);
    StoreWorker worker(m_path);
    QVERIFY(worker.save(conversation(1, QStringLiteral("About attention"))));
    QVERIFY(worker.save(conversation(9, QStringLiteral("A fox story"))));
    StoredMessage draft = message(2, 0, ChatRole::assistant, QStringLiteral("zebra"));
    QVERIFY(worker.save(draft));
    draft.text = QStringLiteral("Attention and the KV cache say \"hi\"");
    QVERIFY(worker.save(draft));
    QCOMPARE(worker.list(search)->size(), found);
  }

  void deletesWithUndo() {
    StoreWorker worker(m_path);
    QVERIFY(worker.save(conversation(1, QStringLiteral("One"))));
    QVERIFY(worker.setDeleted(1, true));
    QCOMPARE(worker.list({})->size(), 0);
    QVERIFY(worker.setDeleted(1, false));
    QCOMPARE(worker.list({})->size(), 1);
  }

  void movesADamagedFileAside() {
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(8192, 'x'));
    file.close();
    StoreWorker worker(m_path);
    QVERIFY2(worker.notice().contains(QStringLiteral("damaged")), qPrintable(worker.notice()));
    QVERIFY(worker.save(conversation(1, QStringLiteral("New"))));
    const QStringList kept = QDir(m_directory->path()).entryList({QStringLiteral("*.damaged-*")});
    QCOMPARE(kept.size(), 1);
    QFile old(m_directory->filePath(kept[0]));
    QVERIFY(old.open(QIODevice::ReadOnly));
    QCOMPARE(old.readAll(), QByteArray(8192, 'x'));
  }

  void keepsWhatASecondModelDid() {
    PairedAnswer answer;
    answer.mode = PairMode::opinion;
    answer.model = QStringLiteral("Demo 5M · int4:g32");
    answer.first = 3;
    answer.tokens = someTokens();
    answer.differences = {{.divergence = 0.125, .probability = 0.5f, .otherProbability = 0.25f, .otherRank = 4, .entropy = 0.5f,
                           .otherEntropy = 1, .sameTop = false}};
    answer.stats.generatedTokens = 1;
    {
      StoreWorker worker(m_path);
      QVERIFY(worker.save(conversation(1, QStringLiteral("Two"))));
      QVERIFY(worker.save(message(5, 0, ChatRole::assistant, QStringLiteral("fox"))));
      QVERIFY(worker.save(5, PairedAnswer{}));
      QVERIFY(worker.save(5, answer));  // in place of the first
    }
    const auto data = StoreWorker(m_path).load(1);
    QVERIFY(data.has_value());
    QCOMPARE(data->pairedAnswers.keys(), QList<qint64>{5});
    const PairedAnswer read = data->pairedAnswers[5];
    QCOMPARE(read.mode, PairMode::opinion);
    QCOMPARE(read.model, answer.model);
    QCOMPARE(read.first, 3);
    QCOMPARE(read.stats.generatedTokens, 1);
    QVERIFY(read.ended);
    QCOMPARE(read.tokens.size(), answer.tokens.size());
    QCOMPARE(read.tokens[1].text, answer.tokens[1].text);
    QCOMPARE(read.differences.size(), 1);
    QCOMPARE(read.differences[0].divergence, 0.125);
    QCOMPARE(read.differences[0].otherRank, 4u);
    QVERIFY(!read.differences[0].sameTop);
  }

  void aFileOfTheFirstSchemaGetsTheSecond() {
    { StoreWorker worker(m_path); QVERIFY(worker.save(conversation(1, QStringLiteral("Old")))); }
    {
      QSqlDatabase raw = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("raw"));
      raw.setDatabaseName(m_path);
      QVERIFY(raw.open());
      QVERIFY(QSqlQuery(raw).exec(QStringLiteral("DROP TABLE paired_answer")));
      QVERIFY(QSqlQuery(raw).exec(QStringLiteral("PRAGMA user_version=1")));
    }
    QSqlDatabase::removeDatabase(QStringLiteral("raw"));
    StoreWorker worker(m_path);
    QVERIFY2(worker.notice().isEmpty(), qPrintable(worker.notice()));
    QCOMPARE(worker.load(1)->summary.title, QStringLiteral("Old"));
    QCOMPARE(worker.load(1)->pairedAnswers.size(), 0);
  }

  void leavesANewerFileAlone() {
    { StoreWorker worker(m_path); QVERIFY(worker.save(conversation(1, QStringLiteral("Old")))); }
    {
      QSqlDatabase raw = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("raw"));
      raw.setDatabaseName(m_path);
      QVERIFY(raw.open());
      QSqlQuery(raw).exec(QStringLiteral("PRAGMA user_version=99"));
    }
    QSqlDatabase::removeDatabase(QStringLiteral("raw"));
    StoreWorker worker(m_path);
    QVERIFY2(worker.notice().contains(QStringLiteral("99")), qPrintable(worker.notice()));
    QCOMPARE(worker.list({})->size(), 0);
    QVERIFY(worker.save(conversation(2, QStringLiteral("In memory"))));
    QVERIFY(QDir(m_directory->path()).entryList({QStringLiteral("*.damaged-*")}).isEmpty());
  }

  void saysWhenNothingCanBeStored() {
    StoreWorker worker(QStringLiteral("/proc/nowhere/conversations.sqlite"));
    QVERIFY(!worker.notice().isEmpty());
    QVERIFY(worker.save(conversation(1, QStringLiteral("Lost later"))));
    QCOMPARE(worker.list({})->size(), 1);
  }

  void twoProcessesShareTheFile() {
    StoreWorker first(m_path), second(m_path);
    for (int i = 1; i <= 50; ++i) {
      QVERIFY(first.save(conversation(2 * i, QStringLiteral("a"))));
      QVERIFY(second.save(conversation(2 * i + 1, QStringLiteral("b"))));
    }
    QCOMPARE(first.list({})->size(), 100);
    QVERIFY(second.notice().isEmpty());
  }

  void treeKeepsEveryVersion() {
    ConversationData data;
    data.summary = conversation(1, {});
    data.messages = {message(10, 0, ChatRole::user, QStringLiteral("q")),
                     message(11, 10, ChatRole::assistant, QStringLiteral("a1")),
                     message(12, 10, ChatRole::assistant, QStringLiteral("a2")),
                     message(13, 11, ChatRole::user, QStringLiteral("q2"))};
    MessageTree tree(data);
    QCOMPARE(tree.path(), (QVector<qint64>{10, 12}));
    QVERIFY(tree.switchSibling(12, -1));
    QCOMPARE(tree.path(), (QVector<qint64>{10, 11, 13}));
    QVERIFY(!tree.switchSibling(11, -1));
    tree.add(message(14, 0, ChatRole::user, QStringLiteral("edited")));
    QCOMPARE(tree.path(), QVector<qint64>{14});
    QCOMPARE(tree.siblings(14), (QVector<qint64>{10, 14}));
    QVERIFY(tree.switchSibling(14, -1));
    QCOMPARE(tree.path(), (QVector<qint64>{10, 11, 13}));
    data.summary.leaf = 12;
    QCOMPARE(MessageTree(data).leaf(), qint64(12));
  }

  void treeMendsBrokenParents() {
    ConversationData data;
    data.messages = {message(1, 2, ChatRole::user, {}), message(2, 1, ChatRole::user, {}),
                     message(3, 99, ChatRole::user, {}), message(4, 5, ChatRole::user, {}),
                     message(5, 0, ChatRole::user, {})};
    const MessageTree tree(data);
    QCOMPARE(tree.size(), 5);
    QCOMPARE(tree.find(1)->parent, qint64(0));
    QCOMPARE(tree.find(3)->parent, qint64(0));
    QCOMPARE(tree.find(4)->parent, qint64(5));
    QVERIFY(!tree.path().isEmpty());
  }

  void exportsThePathAsMarkdown() {
    ConversationData data;
    data.summary = conversation(1, QStringLiteral("Fox"));
    data.summary.systemPrompt = QStringLiteral("Be\nkind");
    data.messages = {message(10, 0, ChatRole::user, QStringLiteral("Question")),
                     message(11, 10, ChatRole::assistant, QStringLiteral("First")),
                     message(12, 10, ChatRole::assistant, QStringLiteral("Second"))};
    const QString text = conversationToMarkdown(data);
    QVERIFY(text.startsWith(QStringLiteral("# Fox\n")));
    QVERIFY(text.contains(QStringLiteral("> Be\n> kind")));
    QVERIFY(text.contains(QStringLiteral("Question\n")));
    QVERIFY(text.contains(QStringLiteral("version 2 of 2")));
    QVERIFY(text.contains(QStringLiteral("Second")));
    QVERIFY(!text.contains(QStringLiteral("First")));
  }

  void theStoreAnswersBySignals() {
    BackgroundThread thread(QStringLiteral("store"));
    ConversationStore store(m_path, thread);
    QSignalSpy listed(&store, &ConversationStore::listed), exported(&store, &ConversationStore::exported);
    QSignalSpy failed(&store, &ConversationStore::failed), loaded(&store, &ConversationStore::loaded);
    store.save(conversation(1, QStringLiteral("Signals")));
    store.save(message(2, 0, ChatRole::user, QStringLiteral("hello")));
    store.list({});
    store.load(1);
    store.load(77);
    const QString file = m_directory->filePath(QStringLiteral("out.md"));
    store.exportMarkdown(1, file);
    store.exportMarkdown(1, QStringLiteral("/proc/nowhere/out.md"));
    QTRY_COMPARE(failed.size(), 2);
    QCOMPARE(listed.size(), 1);
    QCOMPARE(loaded.size(), 1);
    QCOMPARE(exported.size(), 1);
    QVERIFY(QFile::exists(file));
  }

  void idsAscend() {
    qint64 last = 0;
    for (int i = 0; i < 1000; ++i) {
      const qint64 id = newId();
      QVERIFY(id > last);
      last = id;
    }
  }

 private:
  std::unique_ptr<QTemporaryDir> m_directory;
  QString m_path;
};

QTEST_GUILESS_MAIN(StoreTest)
#include "store_test.moc"
