// The heatmap: where its cells are, what is said of them, by mouse and by key, and how it scrolls.
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <limits>

#include "ui/theme.h"
#include "ui/views/heatmap.h"

using namespace cutaway;

namespace {

Heatmap::Data table(int rows, int columns) {
  Heatmap::Data data;
  data.rows = rows;
  data.columns = columns;
  data.title = QStringLiteral("norm");
  for (int row = 0; row < rows; ++row) {
    data.rowLabels += QStringLiteral("row %1").arg(row);
    for (int column = 0; column < columns; ++column) data.values.push_back(static_cast<float>(row * columns + column));
  }
  for (int column = 0; column < columns; ++column) data.columnLabels += QString::number(column);
  return data;
}

}  // namespace

class HeatmapTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyCellIsWhereItIsDrawn() {
    for (const QSize size : {QSize(300, 260), QSize(900, 700)}) {
      Heatmap map;
      map.resize(size);
      map.setData(table(5, 7));
      map.show();
      QVERIFY(QTest::qWaitForWindowExposed(&map));
      for (int row = 0; row < 5; ++row) {
        for (int column = 0; column < 7; ++column) {
          QVERIFY(map.viewport()->rect().contains(map.cellRect(row, column)));
          QCOMPARE(map.cellAt(map.cellRect(row, column).center()), std::make_pair(row, column));
        }
      }
      QCOMPARE(map.cellAt({0, 0}), std::make_pair(-1, -1));
      const QImage image = map.grab().toImage();
      const double scale = image.devicePixelRatio();
      const auto pixel = [&](int row, int column) { return image.pixelColor((map.cellRect(row, column).center() * scale)); };
      QCOMPARE(pixel(0, 0), mixPerceptually(Theme::instance().colours().accentTint, Theme::instance().colours().accent, 0));
      QCOMPARE(pixel(4, 6), mixPerceptually(Theme::instance().colours().accentTint, Theme::instance().colours().accent, 1));
    }
  }

  void clicksAndKeysChooseCells() {
    Heatmap map;
    map.resize(400, 300);
    map.setData(table(5, 7));
    map.show();
    QVERIFY(QTest::qWaitForWindowExposed(&map));
    QSignalSpy chosen(&map, &Heatmap::chosen), hovered(&map, &Heatmap::hovered);
    QTest::mouseMove(map.viewport(), map.cellRect(1, 1).center());
    QTRY_COMPARE(hovered.count(), 1);
    QTest::mouseClick(map.viewport(), Qt::LeftButton, {}, map.cellRect(2, 3).center());
    QCOMPARE(chosen.takeLast(), (QVariantList{2, 3}));
    QCOMPARE(map.accessibleDescription(), QStringLiteral("row 2, 3: 17"));
    QTest::keyClick(&map, Qt::Key_Down);
    QCOMPARE(chosen.takeLast(), (QVariantList{3, 3}));
    QTest::keyClick(&map, Qt::Key_End);
    QTest::keyClick(&map, Qt::Key_Right);
    QCOMPARE(chosen.takeLast(), (QVariantList{3, 6}));
    map.setDescription([](int row, int column) { return QStringLiteral("%1/%2").arg(row).arg(column); });
    QTest::keyClick(&map, Qt::Key_Up);
    QCOMPARE(map.accessibleDescription(), QStringLiteral("2/6"));
    map.setData(table(2, 2));
    QCOMPARE(map.currentRow(), -1);
    map.setData({});
    QTest::keyClick(&map, Qt::Key_Up);
    QCOMPARE(map.csv(), QString());
  }

  void aLargeTableScrollsToTheCurrentCell() {
    Heatmap map;
    map.resize(300, 300);
    map.setData(table(400, 90));
    map.show();
    QVERIFY(QTest::qWaitForWindowExposed(&map));
    QVERIFY(map.verticalScrollBar()->maximum() > 0 && map.horizontalScrollBar()->maximum() > 0);
    map.setCurrent(399, 89);
    QVERIFY(map.viewport()->rect().contains(map.cellRect(399, 89)));
    map.setData(table(68, 7));  // few columns: one bar alone, and the last row can be reached
    QCOMPARE(map.horizontalScrollBar()->maximum(), 0);
    QTRY_COMPARE(map.viewport()->height(), map.height());
    map.verticalScrollBar()->setValue(map.verticalScrollBar()->maximum());
    QCOMPARE(map.cellAt(map.cellRect(67, 6).center()), std::make_pair(67, 6));
    map.setData(table(400, 90));
    map.setCurrent(399, 89);
    QCOMPARE(map.cellAt(map.cellRect(399, 89).center()), std::make_pair(399, 89));
    map.setCurrent(10, -1);
    QVERIFY(map.cellRect(10, 0).top() >= 0 && map.cellRect(10, 0).bottom() < map.viewport()->height());
  }

  void theScaleFollowsTheNumbers() {
    Heatmap map;
    Heatmap::Data data = table(2, 2);
    data.values = {-3, 1, std::numeric_limits<float>::quiet_NaN(), 2};
    data.diverging = true;
    map.setData(data);
    QCOMPARE(map.low(), -3.0f);
    QCOMPARE(map.high(), 3.0f);
    QCOMPARE(map.csv(), QStringLiteral("norm,0,1\r\nrow 0,-3,1\r\nrow 1,,2\r\n"));
    data = table(20, 20);
    data.values[7] = 1e6f;
    data.clipped = true;
    map.setData(data);
    QCOMPARE(map.low(), 4.0f);
    QVERIFY(map.high() < 400);
    data.values.pop_back();
    map.setData(data);
    QVERIFY(map.data().isEmpty());
  }
};

QTEST_MAIN(HeatmapTest)
#include "heatmap_test.moc"
