// A second model beside the chat's, in the real window: reading along, answering as well, colouring, ending it.
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QTableWidget>

#include "support/quantize_demo.h"
#include "ui/engine/engine_data.h"
#include "ui/views/heatmap.h"
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

/// Types its name into the dialog of Model > Compare with > A model in a file.
bool compareWithFile(TestWindow& test, const QString& path) {
  QTest::keyClick(&test.window(), Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
  auto* dialog = test.part<QFileDialog>("openModelDialog");
  if (dialog == nullptr) return false;
  Q_EMIT dialog->fileSelected(path);
  dialog->reject();
  test.window().activateWindow();
  if (!QTest::qWaitForWindowActive(&test.window())) return false;
  return QTest::qWaitFor([&] { return test.part<QLabel>("pairSecond")->text().contains(QStringLiteral("Q4_0")); }, kPatience);
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
    QVERIFY2(qAbs(second(test).width() - test.view().width()) < 8, qPrintable(QString::number(second(test).width())));
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

  void whatTheSecondModelDidIsThereNextTime() {
    QString first;
    {
      TestWindow test(m_directory->path());
      QVERIFY(test.waitReady());
      QVERIFY(compareWith(test, kDemoModel));
      QVERIFY(test.ask(kSum));
      QTRY_VERIFY_WITH_TIMEOUT(!second(test).items().last().streaming, kPatience);
      first = second(test).items().last().text;
    }
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    auto* list = test.part<QListView>("conversationList");
    QTRY_VERIFY_WITH_TIMEOUT(list->model()->rowCount() > 0, kPatience);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, Qt::NoModifier, list->visualRect(list->model()->index(1, 0)).center());
    QTRY_VERIFY_WITH_TIMEOUT(!test.view().items().isEmpty(), kPatience);
    QVERIFY(compareWith(test, kDemoModel));
    QCOMPARE(second(test).items().last().text, first);
    QVERIFY(!second(test).items().last().footer.isEmpty());
    QTRY_VERIFY(test.part<QLabel>("pairDifference")->text().contains(QStringLiteral("no difference")));
  }

  void editsOfTheChatActInBoth() {
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    QVERIFY(compareWith(test, kDemoModel));
    auto* dock = test.part<QDockWidget>("dock-interventions");
    dock->show();
    dock->raise();
    test.part<QLineEdit>("editText")->setText(QStringLiteral("blk.1.attn.z=zero"));
    QTest::mouseClick(test.part<QPushButton>("editAdd"), Qt::LeftButton);
    test.part<QCheckBox>("interventionsInChat")->click();
    QTRY_VERIFY(test.part<QWidget>("editsStrip")->isVisible());
    QVERIFY(test.ask(kSum));
    QVERIFY(test.lastItem().text != kSumAnswer);
    QVERIFY2(test.lastItem().footer.contains(QStringLiteral("an edit was on")), qPrintable(test.lastItem().footer));
    QTRY_VERIFY2_WITH_TIMEOUT(test.part<QLabel>("pairDifference")->text().contains(QStringLiteral("no difference")),
                              qPrintable(test.part<QLabel>("pairDifference")->text()), kPatience);
    QCOMPARE(second(test).items().last().text, test.lastItem().text);
  }

  void twoPrecisionsAreComparedInsideAndOut() {
    const QString coarse = m_directory->filePath(QStringLiteral("coarse.gguf"));
    QVERIFY(writeQuantizedDemo(coarse.toStdString()));
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    QVERIFY(compareWithFile(test, coarse));
    QVERIFY(test.ask(QStringLiteral("Tell me a story about a fox")));
    for (const char* id : {"difference", "drift", "restore"}) {
      auto* dock = test.part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(id)));
      dock->show();
      dock->raise();
    }

    // The largest drift comes first, and is selected by a click; F4 goes to the first difference.
    auto* dock = test.part<QDockWidget>("dock-difference");
    dock->raise();
    auto* words = test.part<QTableWidget>("differenceWords");
    QTRY_VERIFY_WITH_TIMEOUT(words->rowCount() > 10, kPatience);
    QVERIFY(words->item(0, 2)->text().toDouble() >= words->item(1, 2)->text().toDouble());
    QVERIFY(test.part<QLabel>("pairDifference")->text().contains(QStringLiteral("first difference at word")));
    QTest::keyClick(&test.window(), Qt::Key_F4);
    QTRY_VERIFY2(test.part<QLabel>("differenceWord")->text().contains(QStringLiteral("under the first model")),
                 qPrintable(test.part<QLabel>("differenceWord")->text()));

    test.part<QDockWidget>("dock-drift")->raise();
    auto* map = test.part<Heatmap>("driftMap");
    QTRY_VERIFY_WITH_TIMEOUT(map->data().rows > 20, kPatience);
    QCOMPARE(map->data().columns, 13);  // the embedding, and two a layer
    QVERIFY(map->data().values[12] > 0);
    QCOMPARE(test.part<Heatmap>("driftHeads")->data().rows, 6);
    QVERIFY(test.part<QLabel>("driftFacts")->text().contains(QStringLiteral("grows most")));

    test.part<QDockWidget>("dock-restore")->raise();
    auto* parts = test.part<QTableWidget>("restoreTable");
    auto* now = test.part<QLabel>("restoreNow");
    QTRY_COMPARE_WITH_TIMEOUT(parts->rowCount(), 8, kPatience);
    QTRY_COMPARE(now->text(), QStringLiteral("Nothing is given back."));
    parts->item(0, 0)->setCheckState(Qt::Checked);
    QTRY_VERIFY_WITH_TIMEOUT(now->text().contains(QStringLiteral("given back:")), kPatience);
    QTest::mouseClick(test.part<QPushButton>("restorePropose"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(now->text().contains(QStringLiteral("predicted")), kPatience);
    QCOMPARE(parts->item(0, 0)->checkState(), Qt::Unchecked);  // the mix gives single tensors back
    QVERIFY(test.part<QPushButton>("restoreWrite")->isEnabled());

    QTest::keyClick(&test.window(), Qt::Key_W, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY(test.part<QLabel>("restoreFacts")->text().contains(QStringLiteral("Compare with")));
    QCOMPARE(map->data().rows, 0);
  }

  void theFirstStartOffersFourBits() {
    TestWindow test(m_directory->path());
    QVERIFY(test.waitReady());
    QTest::mouseClick(test.part<QPushButton>("welcomeCompare"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(test.part<QLabel>("pairSecond")->text().contains(QStringLiteral("int4:g32")), kPatience);
    QVERIFY(test.ask(kSum));
    QVERIFY(test.part<QLabel>("pairDifference")->text().contains(QStringLiteral("mean divergence")));
    QCOMPARE(second(test).items().last().text, kSumAnswer);
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
