// A second model beside the chat's, in the real window: reading along, answering as well, colouring, ending it.
#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTableWidget>

#include "ui/engine/engine_data.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;
using namespace std::chrono_literals;

namespace {

const QString kSum = QStringLiteral("What is 12 + 7?"), kSumAnswer = QStringLiteral("12 + 7 = 19.");

/// Chooses the model in the menu Model > Compare with.
bool compareWith(TestWindow& test, const QString& path) {
  auto* menu = test.part<QMenu>("compareMenu");
  Q_EMIT menu->aboutToShow();
  for (QAction* action : menu->actions())
    if (action->data().toString() == path) action->trigger();
  return QTest::qWaitFor([&] { return test.part<QLabel>("pairSecond")->text().startsWith(QStringLiteral("Demo 5M")); },
                         kPatience);
}

ChatView& second(TestWindow& test) { return *test.part<ChatView>("secondChatView"); }

void chooseMode(TestWindow& test, PairMode mode) {
  auto* box = test.part<QComboBox>("pairMode");
  box->setCurrentIndex(box->findData(static_cast<int>(mode)));
  Q_EMIT box->activated(box->currentIndex());
}

}  // namespace

class PairWindowTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { m_directory = std::make_unique<QTemporaryDir>(); }

  void aSecondModelReadsAlong() {
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    QVERIFY(!test.part<QWidget>("pairBar")->isVisible());
    QVERIFY(compareWith(test, kDemoModel));
    QVERIFY(test.part<QWidget>("pairBar")->isVisible());
    QVERIFY(test.ask(kSum));
    QCOMPARE(test.lastItem().text, kSumAnswer);
    QVERIFY(second(test).isVisible());
    const ChatItem& read = second(test).items().last();
    QCOMPARE(read.text, kSumAnswer);
    QCOMPARE(read.tokens.size(), test.lastItem().tokens.size());
    for (int i = 0; i < read.tokens.size(); ++i) {
      QCOMPARE(read.tokens[i].id, test.lastItem().tokens[i].id);
      QVERIFY(qAbs(read.tokens[i].probability - test.lastItem().tokens[i].probability) < 1e-3f);  // the same model
    }
    QVERIFY(test.part<QLabel>("pairDifference")->text().contains(QStringLiteral("no difference")));
    QVERIFY(!test.part<QPushButton>("pairGo")->isEnabled());
    QVERIFY(test.part<QLabel>("pairFirst")->text().contains(QStringLiteral("tokens/s")));
    QVERIFY(test.part<QLabel>("pairSecond")->text().contains(QStringLiteral("tokens/s")));
  }

  void eachWritesItsOwnAnswer() {
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    QVERIFY(compareWith(test, kDemoModel));
    chooseMode(test, PairMode::free);
    QVERIFY(test.ask(QStringLiteral("Hi, my name is Nora.")));
    QVERIFY(test.ask(QStringLiteral("What is my name?")));
    QCOMPARE(test.lastItem().text, QStringLiteral("Your name is Nora."));
    QCOMPARE(second(test).items().last().text, QStringLiteral("Your name is Nora."));
    QCOMPARE(second(test).items().size(), test.view().items().size());
  }

  void aSecondOpinionHasNoChatOfItsOwn() {
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    QVERIFY(compareWith(test, kDemoModel));
    chooseMode(test, PairMode::opinion);
    QVERIFY(test.ask(kSum));
    QVERIFY(!second(test).isVisible());
    QVERIFY(test.part<QLabel>("pairDifference")->text().contains(QStringLiteral("mean divergence")));
  }

  void itCanBeEndedWhileBothWrite() {
    TestWindow test(m_directory->path(), {.step = 25ms, .upload = 0ms, .cacheLimit = 0});
    QVERIFY(test.waitReady());
    QVERIFY(compareWith(test, kDemoModel));
    QVERIFY(test.type(QStringLiteral("Tell me a story about a fox")));
    QVERIFY(test.waitTokens(3));
    QTest::keyClick(&test.window(), Qt::Key_W, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(test.waitIdle());
    QTRY_VERIFY(!test.part<QWidget>("pairBar")->isVisible());
    QVERIFY(test.ask(kSum));
    QCOMPARE(test.lastItem().text, kSumAnswer);
  }

  void stoppingStopsBoth() {
    TestWindow test(m_directory->path(), {.step = 25ms, .upload = 0ms, .cacheLimit = 0});
    QVERIFY(test.waitReady());
    QVERIFY(compareWith(test, kDemoModel));
    chooseMode(test, PairMode::free);
    QVERIFY(test.type(QStringLiteral("Tell me a story about a fox")));
    QVERIFY(test.waitTokens(3));
    QTest::keyClick(&test.window(), Qt::Key_Period, Qt::ControlModifier);
    QVERIFY(test.waitIdle());
    QVERIFY(second(test).items().last().footer.contains(QStringLiteral("stopped")));
  }

  void otherTokensAreRefusedInWords() {
    const auto file = sharedFile("models/stories260K-f32.gguf");
    if (!file) QSKIP("../shared/models/stories260K-f32.gguf is not there");
    TestWindow test(m_directory->path(), {}, QString::fromStdString(*file));
    QVERIFY(test.waitReady());
    QVERIFY(compareWith(test, kDemoModel));
    QVERIFY(test.type(QStringLiteral("Once upon a time")));
    QTRY_VERIFY2(test.notice().contains(QStringLiteral("different tokens")), qPrintable(test.notice()));
    QTest::keyClick(&test.window(), Qt::Key_Period, Qt::ControlModifier);
    QVERIFY(test.waitIdle());
  }

 private:
  std::unique_ptr<QTemporaryDir> m_directory;
};

QTEST_MAIN(PairWindowTest)
#include "pair_window_test.moc"
