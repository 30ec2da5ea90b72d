// Views on real answers: what they show, and that they cost nothing while they are not in front.
#include <QDockWidget>
#include <QGuiApplication>
#include <QClipboard>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>

#include "ui/views/bar_delegate.h"
#include "ui/views/performance_text.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

StepTimes knownTimes() {
  StepTimes times;
  times.device = QStringLiteral("Device");
  times.promptTokens = 10;
  times.prompt.seconds = 0.02;
  times.prompt.ops = {{"attn.q, attn.k", 2, 0.012, 12'000'000}, {"logits", 1, 0.004, 4'000'000}};
  times.steps = 3;
  times.generate.seconds = 0.005;
  times.generate.ops = {{"attn.q, attn.k", 2, 0.003, 9'000'000}, {"logits", 1, 0.001, 4'000'000}};
  times.length = 17;
  times.readBandwidth = 1e10;
  return times;
}

}  // namespace

class ViewsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    m_test = std::make_unique<TestWindow>(m_directory.path());
    QVERIFY(m_test->waitReady());
  }
  void cleanupTestCase() { m_test.reset(); }

  void rowsOfAStepAddUp() {
    const StepRows rows = stepRows(knownTimes().generate, 1e10);
    QCOMPARE(rows.launches, 3u);
    QCOMPARE(rows.deviceSeconds, 0.004);
    QCOMPARE(rows.ops[0].share, 0.75);
    QCOMPARE(rows.ops[0].rate, 3e9);
    QCOMPARE(rows.ops[0].ofReads, 0.3);
    QCOMPARE(stepRows(knownTimes().generate, 0).ops[0].ofReads, 0.0);
  }

  void timesAsTextAndCsv() {
    const QStringList lines = stepTimesCsv(knownTimes()).split(QStringLiteral("\r\n"));
    QCOMPARE(lines[0], QStringLiteral("step,tokens,op,launches,ms,mib,gbps,of_reads"));
    QCOMPARE(lines[1], QStringLiteral("generate,1,\"attn.q, attn.k\",2,3.0000,8.583,3.000,0.300"));
    QCOMPARE(lines[3], QStringLiteral("prompt,10,\"attn.q, attn.k\",2,12.0000,11.444,1.000,0.100"));
    QCOMPARE(lines.size(), 6);
    const QString text = stepTimesText(knownTimes());
    QVERIFY2(text.contains(QStringLiteral("attn.q, attn.k         2  3.000  75.0%  8.58  3.00       30%")), qPrintable(text));
    QVERIFY(text.contains(QStringLiteral("The device reads 10.00 GB/s.")));
    QCOMPARE(stepTimesText({}), QString());
  }

  void aViewsKeyBringsItToTheFrontAndHidesItThere() {
    QDockWidget& dock = this->dock("performance");
    const auto press = [this] { QTest::keyClick(&m_test->window(), Qt::Key_3, Qt::AltModifier); };
    this->dock("tokens").raise();
    QTRY_VERIFY(dock.visibleRegion().isEmpty());
    press();
    QTRY_VERIFY(!dock.visibleRegion().isEmpty());
    QVERIFY(dock.toggleViewAction()->isChecked());
    press();
    QTRY_VERIFY(dock.isHidden());
    QVERIFY(!dock.toggleViewAction()->isChecked());
    press();
    QTRY_VERIFY(!dock.visibleRegion().isEmpty());
    QVERIFY(dock.toggleViewAction()->isChecked());
  }

  void stepsAreMeasuredOnlyWhileTheViewIsInFront() {
    dock("tokens").raise();
    QVERIFY(m_test->ask(QStringLiteral("What is 12 + 7?")));
    const QString unmeasured = m_test->lastItem().text;
    QCOMPARE(table().rowCount(), 0);
    QVERIFY(title().startsWith(QStringLiteral("No step")));

    QTest::keyClick(&m_test->window(), Qt::Key_3, Qt::AltModifier);  // to the front, from behind a tab
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(QStringLiteral("What is 12 + 7?")));
    QCOMPARE(m_test->lastItem().text, unmeasured);
    QTRY_VERIFY(table().rowCount() > 10);
    QVERIFY(title().contains(QStringLiteral("ms on ")));
    double share = 0;
    for (int row = 0; row < table().rowCount(); ++row) {
      const double bar = table().item(row, 2)->data(BarDelegate::kShareRole).toDouble();
      QVERIFY(bar >= 0 && bar <= 1);
      share += table().item(row, 2)->text().section(QLatin1Char(' '), 0, 0).toDouble();
    }
    QVERIFY2(share > 98 && share < 102, qPrintable(QString::number(share)));
    auto* facts = m_test->part<QLabel>("performanceFacts");
    QVERIFY2(facts->text().contains(QStringLiteral("measured step")), qPrintable(facts->text()));
    QVERIFY2(facts->text().contains(QStringLiteral("reads 10.0 GB/s")), qPrintable(facts->text()));

    const int answerRows = table().rowCount();
    auto* prompt = m_test->part<QPushButton>("performancePrompt");
    QVERIFY(prompt->isEnabled());
    QTest::mouseClick(prompt, Qt::LeftButton);
    QVERIFY(facts->text().contains(QStringLiteral("The prompt's last step")));
    QVERIFY(table().rowCount() > 10);
    QTest::mouseClick(m_test->part<QPushButton>("performanceCopyCsv"), Qt::LeftButton);
    const qsizetype lines = QGuiApplication::clipboard()->text().count(QLatin1Char('\n'));
    QCOMPARE(lines, 1 + answerRows + table().rowCount());
    QTest::mouseClick(m_test->part<QPushButton>("performanceCopyText"), Qt::LeftButton);
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("launches")));
  }

 private:
  QDockWidget& dock(const char* view) {
    return *m_test->part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(view)));
  }
  QTableWidget& table() { return *m_test->part<QTableWidget>("performanceOps"); }
  QString title() { return m_test->part<QLabel>("performanceTitle")->text(); }

  QTemporaryDir m_directory;
  std::unique_ptr<TestWindow> m_test;
};

QTEST_MAIN(ViewsTest)
#include "views_test.moc"
