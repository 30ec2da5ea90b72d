// The views that ask what a word came from, on real answers: attribution, importance, interventions, sweeps.
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <algorithm>

#include "ui/chat/token_tip.h"
#include "ui/views/heatmap.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

class CausalViewsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    m_test = std::make_unique<TestWindow>(m_directory.path());
    QVERIFY(m_test->waitReady());
    QVERIFY(m_test->ask(QStringLiteral("My name is Nora. What is my name?")));
    const QVector<ChatToken> tokens = m_test->lastItem().tokens;
    const auto name =
        std::ranges::find_if(tokens, [](const ChatToken& t) { return t.text.contains(QLatin1String("Nora")); });
    QVERIFY2(name != tokens.end(), qPrintable(m_test->lastItem().text));
    m_name = static_cast<int>(name - tokens.begin());
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, m_name);
  }
  void cleanupTestCase() { m_test.reset(); }

  void whatPushedAWord() {
    bringForward("attribution");
    auto* title = m_test->part<QLabel>("attributionTitle");
    auto* map = m_test->part<Heatmap>("attributionMap");
    auto* parts = m_test->part<QTableWidget>("attributionParts");
    QTRY_VERIFY_WITH_TIMEOUT(parts->rowCount() > 10, kPatience);
    QVERIFY2(title->text().contains(QStringLiteral("Nora")), qPrintable(title->text()));
    QCOMPARE(map->data().rows, 6);
    QCOMPARE(map->data().columns, 9);
    double sum = 0;
    for (const float push : map->data().values) sum += double(push);
    const QString before = title->text();
    QVERIFY2(sum > 5, qPrintable(QString::number(sum)));

    auto* against = m_test->part<QComboBox>("attributionAgainst");
    QVERIFY(against->count() > 1);
    against->setCurrentIndex(1);
    Q_EMIT against->activated(1);
    QTRY_VERIFY_WITH_TIMEOUT(title->text() != before, kPatience);
    QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->cellRect(1, 4).center());
    QTRY_COMPARE(map->currentRow(), 1);
    QCOMPARE(map->currentColumn(), 4);
    QCOMPARE(m_test->part<QLineEdit>("editText")->text(), QStringLiteral("blk.1.attn.z[head=4]=zero"));
  }

  void whatAWordDependedOn() {
    bringForward("importance");
    auto* tokens = m_test->part<QTableWidget>("importanceTokens");
    auto* map = m_test->part<Heatmap>("importanceMap");
    QTRY_VERIFY_WITH_TIMEOUT(tokens->rowCount() > 10, kPatience);
    QCOMPARE(map->data().rows, 4);
    QCOMPARE(map->data().columns, tokens->rowCount());
    auto* checks = m_test->part<QLabel>("importanceChecks");
    QVERIFY(checks->text().contains(QStringLiteral("Spearman")) && checks->text().contains(QStringLiteral("random")));
    auto* method = m_test->part<QComboBox>("importanceMethod");
    method->setCurrentIndex(1);
    Q_EMIT method->activated(1);
    const auto rowOfName = [tokens] {
      for (int row = 0; row < tokens->rowCount(); ++row)
        if (tokens->item(row, 1)->text() == QStringLiteral("␣Nora")) return row;
      return -1;
    };
    QTRY_VERIFY(rowOfName() >= 0 && rowOfName() < 8);  // heads moved much from the name

    tokens->selectRow(rowOfName());
    auto* retry = m_test->part<QPushButton>("importanceRetry");
    QTRY_VERIFY(retry->isEnabled());
    QTest::mouseClick(retry, Qt::LeftButton);
    auto* retried = m_test->part<QLabel>("importanceRetried");
    QTRY_VERIFY_WITH_TIMEOUT(retried->text().contains(QStringLiteral("it goes on")), kPatience);
    QVERIFY2(!retried->text().section(QLatin1Char('\n'), 1).contains(QStringLiteral("Nora")), qPrintable(retried->text()));
  }

  void neuronsThatDidMost() {
    bringForward("neurons");
    auto* table = m_test->part<QTableWidget>("neuronsTable");
    QTRY_VERIFY_WITH_TIMEOUT(table->rowCount() > 10, kPatience);
    QVERIFY(!table->item(0, 1)->text().isEmpty());
    const QPoint place = table->item(2, 0)->data(Qt::UserRole).toPoint();
    table->setCurrentCell(2, 0);
    const QString edit = QStringLiteral("blk.%1.ffn.act[neuron=%2]=zero").arg(place.x()).arg(place.y());
    QTRY_COMPARE(m_test->part<QLineEdit>("editText")->text(), edit);
  }

  void editsArePickedWithoutTyping() {
    bringForward("interventions");
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, m_name);
    auto* text = m_test->part<QLineEdit>("editText");
    m_test->part<QComboBox>("editPart")->setCurrentIndex(0);
    m_test->part<QSpinBox>("editLayer")->setValue(1);
    m_test->part<QSpinBox>("editIndex")->setValue(4);
    QCOMPARE(text->text(), QStringLiteral("blk.1.attn.z[head=4]=zero"));
    auto* act = m_test->part<QComboBox>("editAct");
    act->setCurrentIndex(1);
    m_test->part<QDoubleSpinBox>("editFactor")->setValue(-2);
    QCOMPARE(text->text(), QStringLiteral("blk.1.attn.z[head=4]=scale:-2"));
    auto* at = m_test->part<QComboBox>("editAt");
    at->setCurrentIndex(3);
    m_test->part<QSpinBox>("editToken")->setValue(7);
    QCOMPARE(text->text(), QStringLiteral("blk.1.attn.z[head=4;token=7]=scale:-2"));

    // The value at one word put in at another: the whole stream behind the last layer carries the word's successor along.
    m_test->part<QComboBox>("editPart")->setCurrentIndex(5);
    m_test->part<QSpinBox>("editLayer")->setValue(5);
    act->setCurrentIndex(2);
    auto* hint = m_test->part<QLabel>("editHint");
    QVERIFY(text->text().isEmpty() && hint->text().contains(QStringLiteral("take it")));
    QTest::mouseClick(m_test->part<QPushButton>("editTake"), Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(hint->text().contains(QStringLiteral("Nora")), qPrintable(hint->text()), kPatience);
    at->setCurrentIndex(1);
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 0);
    QTRY_VERIFY2_WITH_TIMEOUT(text->text().startsWith(QStringLiteral("blk.5.resid_post[token=")), qPrintable(text->text()), kPatience);
    QVERIFY2(text->text().contains(QStringLiteral("]=replace:%1/steering/value-").arg(m_directory.path())), qPrintable(text->text()));
    auto* list = m_test->part<QListWidget>("editList");
    QTest::mouseClick(m_test->part<QPushButton>("editAdd"), Qt::LeftButton);
    QCOMPARE(list->count(), 1);
    QTest::mouseClick(m_test->part<QPushButton>("interventionsCompare"), Qt::LeftButton);
    auto* tokens = m_test->part<QTableWidget>("interventionsTokens");
    QTRY_COMPARE_WITH_TIMEOUT(tokens->rowCount(), m_test->lastItem().tokens.size(), kPatience);
    // Behind its first word the edited model says what follows the name.
    QCOMPARE(tokens->item(0, 1)->text().toDouble(), 0.0);
    QVERIFY2(tokens->item(1, 1)->text().toDouble() > 0.1, qPrintable(tokens->item(1, 1)->text()));
    QTest::mouseClick(m_test->part<QPushButton>("editUndo"), Qt::LeftButton);
    QCOMPARE(list->count(), 0);
    act->setCurrentIndex(0);
    at->setCurrentIndex(0);
  }

  void anAnswerWithEdits() {
    bringForward("interventions");
    auto* list = m_test->part<QListWidget>("editList");
    auto* text = m_test->part<QLineEdit>("editText");
    auto* compare = m_test->part<QPushButton>("interventionsCompare");
    auto* outcome = m_test->part<QLabel>("interventionsOutcome");
    QVERIFY(!compare->isEnabled());
    text->setText(QStringLiteral("blk.1.attn.z=zero"));
    QTest::mouseClick(m_test->part<QPushButton>("editAdd"), Qt::LeftButton);
    QCOMPARE(list->count(), 1);
    QTRY_VERIFY(compare->isEnabled());
    QTest::mouseClick(compare, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(outcome->text().contains(QStringLiteral("KL")), qPrintable(outcome->text()), kPatience);
    QVERIFY2(outcome->text().contains(QStringLiteral("part at token")), qPrintable(outcome->text()));
    QCOMPARE(m_test->part<QTableWidget>("interventionsTokens")->rowCount(), m_test->lastItem().tokens.size());

    text->setText(QStringLiteral("blk.77.attn.z=zero"));
    QTest::keyClick(text, Qt::Key_Return);
    QTest::mouseClick(compare, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(outcome->text().contains(QStringLiteral("blk.77")), qPrintable(outcome->text()), kPatience);
    QTest::mouseClick(m_test->part<QPushButton>("editUndo"), Qt::LeftButton);
    QCOMPARE(list->count(), 1);
  }

  void editsActInTheChatWhenTheUserSaysSo() {
    const QString before = m_test->lastItem().text;
    auto* strip = m_test->part<QFrame>("editsStrip");
    QVERIFY(!strip->isVisible());
    m_test->part<QCheckBox>("interventionsInChat")->click();
    QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), kPatience);
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(QStringLiteral("My name is Nora. What is my name?")));
    QVERIFY2(m_test->lastItem().text != before, qPrintable(before));
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 0);
    for (const char* view : {"attribution", "importance"}) {  // on the chat's session, and on one of its own
      bringForward(view);
      auto* note = m_test->part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(view)))->findChild<QLabel*>(QStringLiteral("editsSeen"));
      QTRY_VERIFY2_WITH_TIMEOUT(note->text().startsWith(QStringLiteral("With the edits")), qPrintable(note->text()), kPatience);
    }
    bringForward("interventions");

    m_test->part<QListWidget>("editList")->item(0)->setCheckState(Qt::Unchecked);
    QTRY_VERIFY_WITH_TIMEOUT(!strip->isVisible(), kPatience);  // none is on
    QVERIFY(!m_test->part<QCheckBox>("interventionsInChat")->isChecked());
    m_test->part<QListWidget>("editList")->item(0)->setCheckState(Qt::Checked);
    m_test->part<QCheckBox>("interventionsInChat")->click();
    QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), kPatience);
    QTest::mouseClick(m_test->part<QPushButton>("editsOff"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!strip->isVisible(), kPatience);
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(QStringLiteral("My name is Nora. What is my name?")));
    QCOMPARE(m_test->lastItem().text, before);
  }

  void sweepsOverHeadsAndFromAnotherQuestion() {
    bringForward("sweep");
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, m_name);
    auto* run = m_test->part<QPushButton>("sweepRun");
    auto* map = m_test->part<Heatmap>("sweepMap");
    auto* facts = m_test->part<QLabel>("sweepFacts");
    QTRY_VERIFY_WITH_TIMEOUT(run->isEnabled(), kPatience);
    QTest::mouseClick(run, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(map->data().columns, 8, kPatience);
    QCOMPARE(map->data().rows, 6);

    // The lead over a token that is typed, and a cell of a head.
    auto* against = m_test->part<QComboBox>("sweepAgainst");
    against->setCurrentIndex(against->count() - 1);
    m_test->part<QLineEdit>("sweepAgainstText")->setText(QStringLiteral(" no such token"));
    QTest::mouseClick(run, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(facts->text().contains(QStringLiteral("not one token")), qPrintable(facts->text()), kPatience);
    m_test->part<QLineEdit>("sweepAgainstText")->setText(QStringLiteral(" Mary"));
    QTest::mouseClick(run, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(facts->text().contains(QStringLiteral("lead of")), qPrintable(facts->text()), kPatience);
    QCOMPARE(map->data().title, QStringLiteral("change of the lead"));
    Q_EMIT map->chosen(2, 5);
    QTRY_COMPARE(m_test->part<QLineEdit>("editText")->text(), QStringLiteral("blk.2.attn.z[head=5]=zero"));
    against->setCurrentIndex(0);

    m_test->part<QComboBox>("sweepPart")->setCurrentIndex(0);
    m_test->part<QComboBox>("sweepChange")->setCurrentIndex(2);
    auto* clean = m_test->part<QLineEdit>("sweepClean");
    QVERIFY(clean->isVisible());
    clean->setText(QStringLiteral("My name is Mia or Nora. What is my name?"));
    QTest::mouseClick(run, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(facts->text().contains(QStringLiteral("as many")), qPrintable(facts->text()), kPatience);
    clean->setText(QStringLiteral("My name is Mary. What is my name?"));
    QTest::keyClick(clean, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(map->data().rows, 7, kPatience);
    const auto least = std::ranges::min_element(map->data().values) - map->data().values.begin();
    QVERIFY(map->data().values[std::size_t(least)] < -5);  // the other name in the place of this one

    // A cell selects its token: the answer's word before the one that was swept for; the map stays.
    const QString title = m_test->part<QLabel>("sweepTitle")->text();
    Q_EMIT map->chosen(4, map->data().columns - 1);
    const QString word = tokenLabel(m_test->lastItem().tokens[m_name - 1].text);
    QTRY_VERIFY2_WITH_TIMEOUT(run->text().contains(word), qPrintable(run->text()), kPatience);
    QCOMPARE(m_test->part<QLabel>("sweepTitle")->text(), title);
    QCOMPARE(map->data().rows, 7);
  }

 private:
  /// In front of all others, as its key brings it there.
  void bringForward(const char* view) {
    auto* dock = m_test->part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(view)));
    dock->show();
    dock->raise();
    QTRY_VERIFY(!dock->visibleRegion().isEmpty());
  }

  QTemporaryDir m_directory;
  std::unique_ptr<TestWindow> m_test;
  int m_name = 0;
};

QTEST_MAIN(CausalViewsTest)
#include "causal_views_test.moc"
