// The window that measures many models: ticked with real keys, measured on the demo model, chosen in a picture, saved.
#include <QComboBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableWidget>
#include <QToolButton>

#include "core/convert/simulated_file.h"
#include "ui/table/pareto_plot.h"
#include "ui/table/table_dialog.h"
#include "ui/window/model_controller.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

class TableTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyPrecisionOfTheListIsARealScheme() {
    TableChoices choices({kDemoModel}, nullptr);
    auto* list = choices.findChild<QListWidget*>(QStringLiteral("tableModels"));
    for (int row = 0; row < list->count(); ++row) list->item(row)->setCheckState(Qt::Checked);
    const TableOrder order = choices.order();
    QVERIFY(order.sources.size() > 10);  // the demo model itself is not compared with itself
    QCOMPARE(order.sources.first().simulation, QString());
    for (qsizetype i = 1; i < order.sources.size(); ++i) {
      QCOMPARE(order.sources[i].path, kDemoModel);
      QVERIFY2(parseSimulation(order.sources[i].simulation.toStdString()).has_value(), qPrintable(order.sources[i].simulation));
    }
  }

  void measuresWhatIsTickedAndSavesAndOpensIt() {
    QTemporaryDir folder;
    TestWindow test(folder.filePath(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    QTest::keyClick(&test.window(), Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
    auto* dialog = test.window().findChild<TableDialog*>();
    QVERIFY(dialog != nullptr);
    auto* list = part<QListWidget>(dialog, "tableModels");
    for (int row = 0; row < list->count(); ++row) {
      const QString name = list->item(row)->text();
      const bool wanted = name == QLatin1String("q8_0") || name == QLatin1String("q2_k") || name == QLatin1String("int4:g64");
      list->setCurrentRow(row);
      if ((list->item(row)->checkState() == Qt::Checked) != wanted) QTest::keyClick(list, Qt::Key_Space);
    }
    part<QSpinBox>(dialog, "tablePlaces")->setValue(64);
    auto* start = part<QPushButton>(dialog, "tableStart");
    auto* save = part<QPushButton>(dialog, "tableSave");
    QVERIFY(!save->isEnabled());
    QTest::mouseClick(start, Qt::LeftButton);
    QVERIFY(part<QPushButton>(dialog, "tableStop")->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(save->isEnabled(), 3 * kPatience);
    auto* table = part<QTableWidget>(dialog, "tableRows");
    QCOMPARE(table->rowCount(), 4);
    const QStringList names{modelTitle(kDemoModel), "q8_0", "q2_k", "int4:g64"};
    for (int row = 0; row < 4; ++row) QCOMPARE(table->item(row, 0)->text(), names[row]);
    auto* pictures = part<QTabWidget>(dialog, "tablePictures");
    auto* plot = qobject_cast<ParetoPlot*>(pictures->widget(0));
    QVERIFY(plot != nullptr);
    // Size to the right, KL upwards: 8 bits lie to the right of 2 bits and below.
    const QPointF eight = plot->placeOf(0), two = plot->placeOf(1);
    QVERIFY(eight.x() > two.x());
    QVERIFY(eight.y() > two.y());
    QTest::mouseClick(plot, Qt::LeftButton, Qt::NoModifier, two.toPoint());
    QCOMPARE(table->currentRow(), 2);
    plot->setFocus();
    QTest::keyClick(plot, Qt::Key_Right);
    QCOMPARE(table->currentRow(), 3);
    QVERIFY(!part<QLabel>(dialog, "tableSample")->text().isEmpty());
    QVERIFY(plot->accessibleDescription().contains(QStringLiteral("int4:g64")));

    const QString page = folder.filePath(QStringLiteral("report.html"));
    QTest::mouseClick(save, Qt::LeftButton);
    auto* files = dialog->findChild<QFileDialog*>(QStringLiteral("tableSaveDialog"));
    QVERIFY(files != nullptr);
    Q_EMIT files->fileSelected(page);
    files->close();
    auto* state = part<QLabel>(dialog, "tableState");
    QTRY_VERIFY_WITH_TIMEOUT(state->text().contains(page), kPatience);
    const std::string html = readFile(page.toStdString());
    QVERIFY(html.find("Size against KL") != std::string::npos);
    QVERIFY(html.find("int4:g64") != std::string::npos);

    QTest::mouseClick(part<QPushButton>(dialog, "tableOpen"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(test.part<QToolButton>("precisionButton")->text(), QStringLiteral("4 bits"), kPatience);
    QVERIFY(test.waitReady());
  }

  void saysWhatIsWrongAndStops() {
    QTemporaryDir folder;
    TestWindow test(folder.filePath(QStringLiteral("data")));
    QVERIFY(test.waitReady());
    const WindowSetup setup = windowSetup(folder.path());
    TableDialog dialog({{kDemoModel}, setup.demoModel, setup.demoText, [&] { return setup.backends().front().create(); }}, nullptr);
    dialog.show();
    auto* state = part<QLabel>(&dialog, "tableState");
    auto* start = part<QPushButton>(&dialog, "tableStart");
    auto* text = part<QLineEdit>(&dialog, "tableText");
    text->setText(folder.filePath(QStringLiteral("none.txt")));
    QTest::mouseClick(start, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(state->text().contains(QStringLiteral("none.txt")), kPatience);
    QTRY_VERIFY(start->isEnabled());
    text->clear();
    QTest::mouseClick(start, Qt::LeftButton);
    QTest::mouseClick(part<QPushButton>(&dialog, "tableStop"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(state->text(), QStringLiteral("Stopped."), kPatience);
    QVERIFY(start->isEnabled());
    QVERIFY(!part<QPushButton>(&dialog, "tableSave")->isEnabled());
  }

 private:
  template <class Part>
  static Part* part(QWidget* dialog, const char* name) {
    return dialog->findChild<Part*>(QLatin1String(name));
  }
};

QTEST_MAIN(TableTest)
#include "table_test.moc"
