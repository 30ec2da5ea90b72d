// Precisions in the real window: the bit slider, the quantize window, and the job behind it.
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSlider>
#include <QTableWidget>
#include <QToolButton>

#include "core/convert/simulated_file.h"
#include "ui/window/precision_panel.h"
#include "ui/window/quantize_dialog.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

class PrecisionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { m_directory = std::make_unique<QTemporaryDir>(); }

  void theBitSliderLoadsTheModelInFewerBits() {
    TestWindow test(path(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    auto* button = test.part<QToolButton>("precisionButton");
    QCOMPARE(button->text(), QStringLiteral("As stored"));
    QTest::keyClick(&test.window(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    auto* slider = test.part<QSlider>("precisionBits");
    QTRY_VERIFY_WITH_TIMEOUT(slider->isVisible(), kPatience);
    slider->setFocus();
    for (int bits = 16; bits > 4; --bits) QTest::keyClick(slider, Qt::Key_Right);
    QCOMPARE(slider->value(), 4);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QStringLiteral("4 bits"), kPatience);
    QVERIFY(test.waitReady());
    auto* result = test.part<QLabel>("precisionResult");
    QVERIFY2(result->text().contains(QLocale().toString(4.5, 'f', 2)), qPrintable(result->text()));
    QTest::keyClick(slider, Qt::Key_Home);  // the left end
    slider->setValue(16);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QStringLiteral("As stored"), kPatience);
    QVERIFY(test.waitReady());
    slider->window()->hide();
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QCOMPARE(test.lastItem().text, QStringLiteral("12 + 7 = 19."));
  }

  void everyChoiceOfThePanelIsARealScheme() {
    PrecisionPanel panel(nullptr);
    auto* slider = panel.findChild<QSlider*>(QStringLiteral("precisionBits"));
    auto* grid = panel.findChild<QComboBox*>(QStringLiteral("precisionGrid"));
    auto* shares = panel.findChild<QComboBox*>(QStringLiteral("precisionShares"));
    QCOMPARE(panel.simulation(), QString());
    for (int g = 0; g < grid->count(); ++g)
      for (int s = 0; s < shares->count(); ++s)
        for (const int bits : {2, 3, 4, 8}) {
          grid->setCurrentIndex(g);
          shares->setCurrentIndex(s);
          slider->setValue(bits);
          QVERIFY2(parseSimulation(panel.simulation().toStdString()).has_value(), qPrintable(panel.simulation()));
        }
    QCOMPARE(precisionTitle(QStringLiteral("nf4:dq")), QStringLiteral("NF4"));
    QCOMPARE(precisionTitle(QStringLiteral("q4_k")), QStringLiteral("Q4_K"));
  }

  void quantizesAndOpensWhatItMade() {
    TestWindow test(path(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    QTest::keyClick(&test.window(), Qt::Key_Q, Qt::ControlModifier | Qt::ShiftModifier);
    auto* dialog = test.window().findChild<QuantizeDialog*>();
    QVERIFY(dialog != nullptr);
    auto* start = dialog->findChild<QPushButton*>(QStringLiteral("quantizeStart"));
    auto* target = dialog->findChild<QLineEdit*>(QStringLiteral("quantizeTarget"));
    auto* type = dialog->findChild<QComboBox*>(QStringLiteral("quantizeType"));
    auto* forecast = dialog->findChild<QLabel*>(QStringLiteral("quantizeForecast"));
    QVERIFY(target->text().endsWith(QStringLiteral("demo-Q4_K_M.gguf")));
    type->setFocus();
    QTest::keyClick(type, Qt::Key_Down);
    QVERIFY(target->text().endsWith(QStringLiteral("demo-Q4_K_S.gguf")));
    const auto write = [&](const QString& text) {
      target->setFocus();
      target->selectAll();
      QTest::keyClicks(target, text);
    };
    write(QStringLiteral("/nowhere/at/all.gguf"));
    QTRY_VERIFY_WITH_TIMEOUT(forecast->text().contains(QStringLiteral("/nowhere/at/all.gguf")), kPatience);
    QVERIFY(!start->isEnabled());
    const QString made = path(QStringLiteral("made.gguf"));
    write(made);
    QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), kPatience);
    QVERIFY2(forecast->text().contains(QStringLiteral("bits per weight")), qPrintable(forecast->text()));
    QTest::mouseClick(start, Qt::LeftButton);
    auto* open = dialog->findChild<QPushButton*>(QStringLiteral("quantizeOpen"));
    QTRY_VERIFY_WITH_TIMEOUT(open->isVisible(), kPatience);
    auto* table = dialog->findChild<QTableWidget*>(QStringLiteral("quantizeTable"));
    const auto file = openModelFile(made.toStdString());
    QVERIFY(file.has_value());
    QCOMPARE(table->rowCount(), static_cast<int>(file->tensors.size()));
    const auto found = table->findItems(QStringLiteral("blk.3.attn_q.weight"), Qt::MatchExactly);
    QCOMPARE(found.size(), 1);
    QCOMPARE(table->item(found.front()->row(), 2)->text(), QStringLiteral("Q4_K"));
    QVERIFY(table->item(found.front()->row(), 4)->text().endsWith(QStringLiteral(" dB")));
    QTest::mouseClick(open, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(test.part<QToolButton>("modelButton")->text().contains(QStringLiteral("Q4_K")) ||
                                 test.part<QToolButton>("modelButton")->text().contains(QStringLiteral("Q6_K")),
                             kPatience);
    QVERIFY(test.waitReady());
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
  }

  void aCancelledJobLeavesNothing() {
    QuantizeJob job(*mapFile(demoFile().toStdString()), nullptr);
    QSignalSpy failed(&job, &QuantizeJob::failed), finished(&job, &QuantizeJob::finished);
    const QString folder = path(QStringLiteral("out"));
    QVERIFY(QDir().mkpath(folder));
    QuantizeOrder order{.source = kDemoModel, .target = folder + QStringLiteral("/x.gguf"), .mix = QStringLiteral("Q3_K_M"),
                        .method = QStringLiteral("rtn"), .importance = {}, .pure = false};
    job.start(order);
    QVERIFY(job.isRunning());
    job.cancel();
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, kPatience);
    QVERIFY(failed[0][1].toBool());
    QVERIFY(QDir(folder).isEmpty());
    job.start(order);
    job.pause(true);
    QTest::qWait(100);
    QVERIFY(!QFile::exists(order.target));
    job.pause(false);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, kPatience);
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList(QStringLiteral("x.gguf")));
    QVERIFY(!job.isRunning());
  }

 private:
  QString path(const QString& name) const { return m_directory->filePath(name); }

  std::unique_ptr<QTemporaryDir> m_directory;
};

QTEST_MAIN(PrecisionTest)
#include "precision_test.moc"
