// The views of hidden states and of weights, on real answers and the demo model's file.
#include <QCheckBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableWidget>
#include <cmath>
#include <numeric>

#include "ui/views/axes.h"
#include "ui/views/heatmap.h"
#include "ui/views/number_plot.h"
#include "ui/views/states_data.h"
#include "ui/views/trajectory_plot.h"
#include "ui/views/view.h"
#include "ui/views/weight_picture.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

class StatesViewsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    m_test = std::make_unique<TestWindow>(m_directory.path());
    QVERIFY(m_test->waitReady());
    QVERIFY(m_test->ask(QStringLiteral("Hi, my name is Nora.")));
  }
  void cleanupTestCase() { m_test.reset(); }

  void axesHaveRoundNumbers() {
    QCOMPARE(axisTicks(-1, 1, 4), (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
    QCOMPARE(axisTicks(0, 0, 4), std::vector<double>());
    QCOMPARE(axisTicks(0, std::nan(""), 4), std::vector<double>());
  }

  void aClickedWordShowsItsStates() {
    auto* map = m_test->part<Heatmap>("statesMap");
    auto* plot = m_test->part<TrajectoryPlot>("statesPlot");
    raise("states");
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 2);
    QTRY_VERIFY_WITH_TIMEOUT(!map->data().isEmpty(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!plot->data().paths.empty(), kPatience);
    QCOMPARE(map->data().columns, 7);
    const QString word = m_test->lastItem().tokens[2].text;
    QVERIFY2(title("statesTitle").contains(word.trimmed()), qPrintable(title("statesTitle")));
    const int row = map->currentRow();
    QVERIFY(map->data().rowLabels[row].contains(word.trimmed()));
    QCOMPARE(plot->data().paths.front().token, row);
    QCOMPARE(plot->data().paths.size(), std::size_t{4});

    QTRY_COMPARE(map->cellAt(map->cellRect(row, 4).center()), std::make_pair(row, 4));
    QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->cellRect(row, 4).center());
    QTRY_VERIFY2(title("statesTitle").contains(QStringLiteral("layer 3")), qPrintable(title("statesTitle")));
    QVERIFY(map->accessibleDescription().contains(QStringLiteral("Cosine to the last layer")));
    QTest::keyClick(map, Qt::Key_Down);
    QTRY_COMPARE(plot->data().paths.front().token, row + 1);
    QTest::keyClick(plot, Qt::Key_Right);
    QTRY_VERIFY2(title("statesTitle").contains(QStringLiteral("layer 4")), qPrintable(title("statesTitle")));
    map->verticalScrollBar()->setValue(0);
    QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->cellRect(0, 0).center());  // of the prompt
    QTRY_COMPARE(plot->data().paths.front().token, 0);
    QCOMPARE(plot->data().paths.size(), std::size_t{1});

    auto* measure = m_test->part<QComboBox>("statesMeasure");
    measure->setCurrentIndex(measure->findText(QStringLiteral("Cosine to the last layer")));
    QVERIFY(map->data().diverging);
    QCOMPARE(map->data().values[6], 1.0f);
    const QPointF before = plot->data().paths.front().places.back();
    m_test->part<QCheckBox>("statesDirections")->setChecked(true);
    QTRY_VERIFY_WITH_TIMEOUT(plot->data().paths.front().places.back() != before, kPatience);
  }

  void whatIsShownIsSavedAsNumbers() {
    const QStringList lines = view("states").csv().split(QStringLiteral("\r\n"));
    QCOMPARE(lines[0], QStringLiteral("token,text,layer,norm,attention,feed-forward,cosine-before,cosine-last,component-1,component-2,component-3"));
    QCOMPARE(lines.size(), 2 + m_test->part<Heatmap>("statesMap")->data().rows * 7);
    QVERIFY(lines[1].startsWith(QStringLiteral("0,<|im_start|>,embed,")));
  }

  void channelsThatStandOutAreListed() {
    auto* map = m_test->part<Heatmap>("outliersMap");
    auto* table = m_test->part<QTableWidget>("outliersTable");
    auto* kind = m_test->part<QComboBox>("outliersKind");
    raise("outliers");
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 1);
    QTRY_VERIFY_WITH_TIMEOUT(!map->data().isEmpty(), kPatience);
    QCOMPARE(table->rowCount(), 4 * 6);
    QCOMPARE(kind->count(), 4);
    QCOMPARE(map->data().rows, 6);
    QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->cellRect(2, 1).center());
    QTRY_VERIFY2(map->accessibleDescription().contains(QStringLiteral("blk.2.ffn.act")), qPrintable(map->accessibleDescription()));
    QCOMPARE(table->item(table->currentRow(), 0)->text(), QStringLiteral("Layer 2, ffn.act"));
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Down);
    QCOMPARE(table->item(table->currentRow(), 0)->text(), QStringLiteral("Layer 3, attn.norm"));
    QCOMPARE(kind->currentText(), QStringLiteral("attn.norm"));
    QCOMPARE(map->currentRow(), 3);
    const auto error = [&](int column) { return table->item(table->currentRow(), column)->text().section(QLatin1Char(' '), 0, 0).toDouble(); };
    QVERIFY(error(1) > 0);
    QVERIFY(error(2) > error(1));
    QVERIFY(view("outliers").csv().startsWith(QStringLiteral("value,channel,largest,ratio,")));
    QVERIFY(title("outliersFacts").contains(QStringLiteral("this text")));
  }

  void aNewConversationForgetsTheStates() {
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QTRY_VERIFY(m_test->part<Heatmap>("statesMap")->data().isEmpty());
    QVERIFY(view("states").csv().isEmpty());
  }

  void anyWeightIsListedFoundAndDrawn() {
    raise("tensors");
    auto* list = m_test->part<QTableWidget>("tensorsList");
    auto* search = m_test->part<QLineEdit>("tensorsSearch");
    QCOMPARE(list->rowCount(), 56);
    QTest::keyClicks(search, QStringLiteral("2.ffn_down"));
    int found = -1;
    for (int row = 0; row < list->rowCount(); ++row)
      if (!list->isRowHidden(row)) found = found < 0 ? row : -2;
    QVERIFY(found >= 0);
    QCOMPARE(list->item(found, 1)->text(), QStringLiteral("256 x 768"));
    list->selectRow(found);
    auto* histogram = m_test->part<NumberPlot>("tensorsHistogram");
    auto* singular = m_test->part<NumberPlot>("tensorsSingular");
    QTRY_COMPARE_WITH_TIMEOUT(singular->data().values.size(), std::size_t{256}, kPatience);
    QCOMPARE(std::accumulate(histogram->data().values.begin(), histogram->data().values.end(), 0.0), 256.0 * 768);
    QVERIFY(title("tensorsRange").contains(QStringLiteral("0 of 196,608 numbers lie beyond 6")));
    auto* picture = m_test->part<WeightPicture>("tensorsPicture");
    QVERIFY2(picture->describe({0, 0}).startsWith(QStringLiteral("row 0")), qPrintable(picture->describe({0, 0})));
    QTest::keyClick(histogram, Qt::Key_Right);
    QVERIFY(histogram->accessibleDescription().contains(QStringLiteral("numbers from")));
    const QString csv = view("tensors").csv();
    QCOMPARE(csv.count(QStringLiteral("\r\nsingular,")), 256);
    QVERIFY(csv.contains(QStringLiteral("largest,31,14,-0.272460938")));
    search->clear();
    list->selectRow(1);  // a vector has no singular values worth a plot
    QTRY_VERIFY_WITH_TIMEOUT(title("tensorsRange").startsWith(QStringLiteral("0.7247")), kPatience);
  }

 private:
  void raise(const char* id) {
    dock(id).show();
    dock(id).raise();
  }
  QDockWidget& dock(const char* id) { return *m_test->part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(id))); }
  InspectorView& view(const char* id) { return *dock(id).findChild<InspectorView*>(); }
  QString title(const char* name) { return m_test->part<QLabel>(name)->text(); }

  QTemporaryDir m_directory;
  std::unique_ptr<TestWindow> m_test;
};

QTEST_MAIN(StatesViewsTest)
#include "states_views_test.moc"
