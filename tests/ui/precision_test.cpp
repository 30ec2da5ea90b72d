// Precisions in the real window: the bit slider, the quantize window, and the job behind it.
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QSlider>
#include <QStandardItemModel>
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
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QVERIFY2(test.lastItem().footer.endsWith(QStringLiteral("int4:g32")), qPrintable(test.lastItem().footer));
    QTest::keyClick(slider, Qt::Key_Home);  // the left end
    slider->setValue(16);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QStringLiteral("As stored"), kPatience);
    QVERIFY(test.waitReady());
    slider->window()->hide();
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QCOMPARE(test.lastItem().text, QStringLiteral("12 + 7 = 19."));
  }

  void activationsAreRoundedBesideTheSlider() {
    TestWindow test(path(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    auto* button = test.part<QToolButton>("precisionButton");
    QTest::keyClick(&test.window(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    auto* choice = test.part<QComboBox>("precisionActivations");
    auto* rounding = test.part<QLabel>("precisionRounding");
    QTRY_VERIFY_WITH_TIMEOUT(choice->isVisible(), kPatience);
    QVERIFY2(rounding->text().contains(QStringLiteral("as it is")), qPrintable(rounding->text()));
    choice->setFocus();
    QTest::keyClick(choice, Qt::Key_Down);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QStringLiteral("As stored + A8"), kPatience);
    QVERIFY(test.waitReady());
    QVERIFY2(rounding->text().contains(QStringLiteral("one scale per token")), qPrintable(rounding->text()));
    QTest::keyClick(choice->window(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!choice->isVisible(), kPatience);
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QVERIFY(!test.lastItem().text.isEmpty());
    const auto model = test.part<QToolButton>("modelButton")->text();
    QVERIFY2(model.endsWith(QStringLiteral("+ A8")), qPrintable(model));

    const QString text = path(QStringLiteral("calibration.txt"));
    QFile file(text);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("My name is Nora. What is 12 + 7? The answer is 19. Tell me a story about a fox who likes to read.");
    file.close();
    test.window().activateWindow();
    QTest::keyClick(&test.window(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY_WITH_TIMEOUT(choice->isVisible(), kPatience);
    choice->setFocus();
    QTest::keyClick(choice, Qt::Key_Down);
    auto* dialog = test.window().findChild<QFileDialog*>(QStringLiteral("calibrationDialog"));
    QVERIFY(dialog != nullptr);
    QCOMPARE(choice->currentIndex(), 1);  // until a text is chosen
    Q_EMIT dialog->fileSelected(text);
    dialog->close();
    QTRY_VERIFY_WITH_TIMEOUT(test.part<QToolButton>("modelButton")->text().endsWith(QStringLiteral("+ A8 static")), kPatience);
    QVERIFY(test.waitReady());
    QVERIFY2(rounding->text().contains(QStringLiteral("calibration.txt")), qPrintable(rounding->text()));
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QTest::keyClick(choice, Qt::Key_Home);
    QTRY_COMPARE_WITH_TIMEOUT(button->text(), QStringLiteral("As stored"), kPatience);
    QVERIFY(test.waitReady());
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

  void gptqReadsATextAndOpensWhatItMade() {
    TestWindow test(path(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    QuantizeDialog& dialog = openQuantize(test);
    auto part = [&](const char* name) { return dialog.findChild<QWidget*>(QLatin1String(name)); };
    auto* method = qobject_cast<QComboBox*>(part("quantizeMethod"));
    auto* form = qobject_cast<QComboBox*>(part("quantizeForm"));
    auto* bits = qobject_cast<QComboBox*>(part("quantizeBits"));
    auto* start = qobject_cast<QPushButton*>(part("quantizeStart"));
    auto* forecast = qobject_cast<QLabel*>(part("quantizeForecast"));
    auto* target = qobject_cast<QLineEdit*>(part("quantizeTarget"));
    QVERIFY(!form->isVisible());
    QVERIFY(part("quantizeType")->isVisible());
    choose(*method, QStringLiteral("GPTQ"));
    QVERIFY(form->isVisible());
    QVERIFY(part("quantizeDescAct")->isVisible());
    QVERIFY(!part("quantizeClip")->isVisible());
    QVERIFY(!part("quantizeType")->isVisible());
    QVERIFY2(target->text().endsWith(QStringLiteral("demo-gptq-4bit-128g.gguf")), qPrintable(target->text()));
    QTRY_VERIFY_WITH_TIMEOUT(forecast->text().contains(QStringLiteral("needs a text")), kPatience);
    QVERIFY(!start->isEnabled());
    // Choices that do not go together cannot be made, and where they come about they are explained.
    choose(*bits, QStringLiteral("8"));
    QVERIFY(!qobject_cast<QStandardItemModel*>(form->model())->item(2)->isEnabled());
    QVERIFY(form->itemData(2, Qt::ToolTipRole).toString().contains(QStringLiteral("holds 4 bits, not 8")));
    QTest::mouseClick(part("quantizeZeroPoint"), Qt::LeftButton, {}, QPoint(8, part("quantizeZeroPoint")->height() / 2));
    QTRY_VERIFY_WITH_TIMEOUT(forecast->text().contains(QStringLiteral("8 bits with zero points, which no GGUF type holds")), kPatience);
    QTest::mouseClick(part("quantizeZeroPoint"), Qt::LeftButton, {}, QPoint(8, part("quantizeZeroPoint")->height() / 2));
    choose(*bits, QStringLiteral("4"));
    const auto write = [&](const char* line, const QString& text) {
      part(line)->setFocus();
      qobject_cast<QLineEdit*>(part(line))->selectAll();
      QTest::keyClicks(part(line), text);
    };
    const auto textFile = [&](const QString& name, std::size_t bytes) {
      QFile file(path(name));
      const std::string text = readFile(projectFile("tests/oracles/gptq/calibration.txt"));
      return file.open(QIODevice::WriteOnly) && file.write(text.data(), static_cast<qint64>(bytes)) > 0 ? file.fileName() : QString();
    };
    write("quantizeText", textFile(QStringLiteral("short.txt"), 60));
    QTRY_VERIFY_WITH_TIMEOUT(forecast->text().contains(QStringLiteral("too few to say what matters")), kPatience);
    write("quantizeText", textFile(QStringLiteral("text.txt"), 1600));
    choose(*form, QStringLiteral("Hugging Face directory, GPTQ layout"));
    const QString made = path(QStringLiteral("made"));
    write("quantizeTarget", made);
    QTRY_VERIFY_WITH_TIMEOUT(start->isEnabled(), kPatience);
    QTest::mouseClick(start, Qt::LeftButton);
    auto* open = qobject_cast<QPushButton*>(part("quantizeOpen"));
    QTRY_VERIFY_WITH_TIMEOUT(open->isVisible(), 15 * kPatience);
    auto* table = dialog.findChild<QTableWidget*>(QStringLiteral("quantizeTable"));
    const auto found = table->findItems(QStringLiteral("blk.3.attn_q.weight"), Qt::MatchExactly);
    QCOMPARE(found.size(), 1);
    QVERIFY(table->item(found.front()->row(), 4)->text().endsWith(QStringLiteral(" dB")));
    QTest::mouseClick(open, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(test.part<QToolButton>("modelButton")->text().contains(QStringLiteral("made")), kPatience);
    QVERIFY(test.waitReady());
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QCOMPARE(test.lastItem().text, QStringLiteral("12 + 7 = 19."));
    // The text is offered the next time.
    QuantizeDialog& again = openQuantize(test);
    QCOMPARE(again.findChild<QLineEdit*>(QStringLiteral("quantizeText"))->text(), path(QStringLiteral("text.txt")));
  }

  void aStoppedRunThatIsKeptGoesOn() {
    TestWindow test(path(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    QuantizeDialog& dialog = openQuantize(test);
    auto button = [&](const char* name) { return dialog.findChild<QPushButton*>(QLatin1String(name)); };
    auto* line = dialog.findChild<QLineEdit*>(QStringLiteral("quantizeText"));
    auto* target = dialog.findChild<QLineEdit*>(QStringLiteral("quantizeTarget"));
    auto* table = dialog.findChild<QTableWidget*>(QStringLiteral("quantizeTable"));
    auto* forecast = dialog.findChild<QLabel*>(QStringLiteral("quantizeForecast"));
    auto* bits = dialog.findChild<QComboBox*>(QStringLiteral("quantizeBits"));
    choose(*dialog.findChild<QComboBox*>(QStringLiteral("quantizeMethod")), QStringLiteral("GPTQ"));
    QVERIFY(!button("quantizeRestart")->isVisible());
    QFile text(path(QStringLiteral("text.txt")));
    QVERIFY(text.open(QIODevice::WriteOnly));
    text.write(readFile(projectFile("tests/oracles/gptq/calibration.txt")).substr(0, 1600).c_str());
    text.close();
    const QString made = path(QStringLiteral("made.gguf"));
    for (const auto& [field, words] : {std::pair(line, text.fileName()), std::pair(target, made)}) {
      field->setFocus();
      field->selectAll();
      QTest::keyClicks(field, words);
    }
    QTRY_VERIFY_WITH_TIMEOUT(button("quantizeStart")->isEnabled(), kPatience);
    QCOMPARE(button("quantizeStart")->text(), QStringLiteral("&Quantize"));
    QTest::mouseClick(button("quantizeStart"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(table->rowCount() > 0, kPatience);
    QTest::mouseClick(button("quantizeKeep"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(button("quantizeRestart")->isVisible(), kPatience);
    QVERIFY(dialog.findChild<QLabel*>(QStringLiteral("quantizeState"))->text().contains(QStringLiteral("what is done is kept")));
    QCOMPARE(button("quantizeStart")->text(), QStringLiteral("&Resume"));
    QVERIFY(QFile::exists(made + QStringLiteral(".unfinished")));
    QVERIFY(!QFile::exists(made));
    // With other choices it cannot go on, and the window says which.
    choose(*bits, QStringLiteral("8"));
    QTRY_VERIFY_WITH_TIMEOUT(forecast->text().contains(QStringLiteral("bits was 4 then and is 8 now; it will be replaced")), kPatience);
    QCOMPARE(button("quantizeStart")->text(), QStringLiteral("&Quantize"));
    QVERIFY(!button("quantizeRestart")->isVisible());
    choose(*bits, QStringLiteral("4"));
    QTRY_COMPARE_WITH_TIMEOUT(button("quantizeStart")->text(), QStringLiteral("&Resume"), kPatience);
    QTest::mouseClick(button("quantizeStart"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(button("quantizeOpen")->isVisible(), 15 * kPatience);
    const auto file = openModelFile(made.toStdString());
    QVERIFY(file.has_value());
    QCOMPARE(file->find("blk.5.attn_q.weight")->format, FormatId::q4_0);
    QVERIFY(!QFile::exists(made + QStringLiteral(".unfinished")));
    QVERIFY(!QFile::exists(made + QStringLiteral(".unfinished.log")));
  }

  void aCancelledJobLeavesNothing() {
    QuantizeJob job(*mapFile(demoFile().toStdString()), {}, nullptr);
    QSignalSpy failed(&job, &QuantizeJob::failed), finished(&job, &QuantizeJob::finished);
    const QString folder = path(QStringLiteral("out"));
    QVERIFY(QDir().mkpath(folder));
    QuantizeOrder order{.source = kDemoModel, .target = folder + QStringLiteral("/x.gguf"), .method = QStringLiteral("rtn"),
                        .mix = QStringLiteral("Q3_K_M"), .importance = {}, .pure = false};
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
  static QuantizeDialog& openQuantize(TestWindow& test) {
    test.window().activateWindow();  // a window that was closed before may have been the active one
    if (!QTest::qWaitForWindowActive(&test.window())) qFatal("the window is not active");
    QTest::keyClick(&test.window(), Qt::Key_Q, Qt::ControlModifier | Qt::ShiftModifier);
    return *test.window().findChildren<QuantizeDialog*>().last();
  }
  /// With the arrow keys, as a person would.
  static void choose(QComboBox& box, const QString& beginning) {
    box.setFocus();
    QTest::keyClick(&box, Qt::Key_Home);
    for (int i = 0; i < box.count() && !box.currentText().startsWith(beginning); ++i) QTest::keyClick(&box, Qt::Key_Down);
    QVERIFY2(box.currentText().startsWith(beginning), qPrintable(box.currentText()));
  }
  QString path(const QString& name) const { return m_directory->filePath(name); }

  std::unique_ptr<QTemporaryDir> m_directory;
};

QTEST_MAIN(PrecisionTest)
#include "precision_test.moc"
