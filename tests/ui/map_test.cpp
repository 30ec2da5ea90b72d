// The canvas of a map: where tokens are, what a frame asks for, zoom and pan by mouse and key; with a text of 32,768
// tokens.
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "synthetic_tiles.h"
#include "ui/views/attention_source.h"
#include "ui/views/map_canvas.h"
#include "ui/views/token_weights.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr int kLong = 32768;

/// A question and its answer.
class TwoMessages : public ViewData {
 public:
  TwoMessages() {
    question.id = 1;
    question.text = QStringLiteral(" my name is Nora ");
    answer.id = 2;
    answer.parent = 1;
    answer.role = ChatRole::assistant;
    for (const char* text : {"Your", " name", " is", " Nora"}) answer.tokens.append({QLatin1String(text), 7, 0, 0, {}});
  }
  const StoredMessage* message(qint64 id) const override { return id == 1 ? &question : id == 2 ? &answer : nullptr; }
  RequestId ask(const QString&, qint64, int, InquiryMaker) override { return ++asked; }
  void inBackground(QObject*, std::function<std::function<void()>()>) override {}
  StoredMessage question, answer;
  RequestId asked = 0;
};

struct Shown {
  explicit Shown(int tokens, QSize size = {700, 640}) : source(tokens) {
    canvas.resize(size);
    canvas.setSource(&source);
    canvas.show();
  }
  QColor pixel(int row, int key) {
    const QImage image = canvas.grab().toImage();
    return image.pixelColor((canvas.rectOf(row, 1, key, 1).center() * image.devicePixelRatio()).toPoint());
  }
  SyntheticTiles source;
  MapCanvas canvas;
};

}  // namespace

class MapTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void coloursGoOneWay() {
    const ColourTable colours = weightColours();
    const auto light = [](QRgb c) { return qGray(c); };
    const bool up = light(colours.back()) > light(colours.front());
    QVERIFY(std::abs(light(colours.back()) - light(colours.front())) > 120);
    for (std::size_t i = 1; i < colours.size(); ++i) {
      const int step = light(colours[i]) - light(colours[i - 1]);
      QVERIFY2(up ? step >= -1 : step <= 1, qPrintable(QString::number(i)));
    }
  }

  void aShortTextIsWhollyThere() {
    Shown shown(20);
    QVERIFY(QTest::qWaitForWindowExposed(&shown.canvas));
    for (int row = 0; row < 20; ++row)
      for (int key = 0; key < 20; ++key) {
        const QPointF centre = shown.canvas.rectOf(row, 1, key, 1).center();
        QVERIFY(shown.canvas.mapArea().contains(centre.toPoint()));
        QCOMPARE(shown.canvas.cellAt(centre), key <= row ? std::make_pair(row, key) : std::make_pair(-1, -1));
      }
    const ColourTable colours = weightColours();
    QCOMPARE(shown.pixel(9, 8), QColor(colours[255]));
    QCOMPARE(shown.pixel(9, 5), QColor(colours[0]));
    QCOMPARE(shown.pixel(9, 0), QColor(colours[128]));
    shown.canvas.setWithoutSink(true);
    QCOMPARE(shown.pixel(9, 0), QColor(colours[0]));
    shown.canvas.setScale(MapCanvas::Scale::logarithm);
    QVERIFY(shown.pixel(9, 8) != QColor(colours[255]));
  }

  void zoomAsksForWhatIsSeenAlone() {
    Shown shown(kLong);
    QVERIFY(QTest::qWaitForWindowExposed(&shown.canvas));
    shown.canvas.grab();
    QCOMPARE(shown.source.made(), std::size_t{4});  // all of it in one, and three of twice as many cells
    const QPointF middle = QRectF(shown.canvas.mapArea()).center();
    std::size_t before = shown.source.made();
    for (int i = 0; i < 40; ++i) {
      shown.canvas.zoom(1.3, middle);
      shown.canvas.grab();
      QVERIFY(shown.source.made() - before <= 25);
      before = shown.source.made();
    }
    QCOMPARE(shown.canvas.pixelsPerToken(), 40.0);
    QVERIFY(shown.source.bytes() < 48u << 20);
    const auto [row, key] = shown.canvas.cellAt(middle);
    QVERIFY(row < 0 || row - key < 100);
    shown.canvas.fit();
    QVERIFY(shown.canvas.pixelsPerToken() < 0.03);
  }

  void whatIsNotThereYetIsSeenCoarsely() {
    Shown shown(2000);
    QVERIFY(QTest::qWaitForWindowExposed(&shown.canvas));
    shown.canvas.grab();
    shown.canvas.zoom(6, QPointF(shown.canvas.mapArea().topLeft()));
    shown.source.withheld = true;
    shown.canvas.setScale(MapCanvas::Scale::rows);  // forgets the images
    QVERIFY(!shown.canvas.grab().isNull());
    QVERIFY(shown.source.asked > 0);
    shown.source.withheld = false;
    Q_EMIT shown.source.changed();
    QCOMPARE(shown.pixel(9, 8), QColor(weightColours()[255]));
  }

  void mouseAndKeys() {
    Shown shown(600);
    MapCanvas& canvas = shown.canvas;
    QVERIFY(QTest::qWaitForWindowExposed(&canvas));
    QSignalSpy chosen(&canvas, &MapCanvas::chosen), hovered(&canvas, &MapCanvas::hovered);
    const QPoint cell = canvas.rectOf(300, 1, 100, 1).center().toPoint();
    QTest::mouseMove(&canvas, cell);
    QTRY_VERIFY(!hovered.isEmpty());
    const auto place = canvas.cellAt(cell);
    QTest::mouseClick(&canvas, Qt::LeftButton, {}, cell);
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen[0][0].toInt(), place.first);
    QCOMPARE(chosen[0][1].toInt(), place.second);

    QWheelEvent wheel(cell, canvas.mapToGlobal(cell), {}, {0, 480}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&canvas, &wheel);
    QVERIFY(canvas.pixelsPerToken() > 1.5);
    const auto zoomed = canvas.cellAt(cell);  // what is under the mouse stays there
    QVERIFY(std::abs(zoomed.first - place.first) <= 1 && std::abs(zoomed.second - place.second) <= 1);

    const QRectF before = canvas.rectOf(0, 1, 0, 1);
    QTest::mousePress(&canvas, Qt::LeftButton, {}, cell);
    QTest::mouseMove(&canvas, cell - QPoint(20, 10));
    QTest::mouseMove(&canvas, cell - QPoint(40, 20));
    QTest::mouseRelease(&canvas, Qt::LeftButton, {}, cell - QPoint(40, 20));
    QCOMPARE(chosen.size(), 1);  // a drag chooses nothing
    QVERIFY(canvas.rectOf(0, 1, 0, 1).left() < before.left() - 15);

    const double pixels = canvas.pixelsPerToken();
    QTest::keyClick(&canvas, Qt::Key_Plus);
    QVERIFY(canvas.pixelsPerToken() > pixels);
    QTest::keyClick(&canvas, Qt::Key_Minus);
    const QRectF left = canvas.rectOf(0, 1, 0, 1);
    QTest::keyClick(&canvas, Qt::Key_Right);
    QVERIFY(canvas.rectOf(0, 1, 0, 1).left() < left.left());
    QTest::keyClick(&canvas, Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(canvas.currentRow(), place.first - 1);
    QCOMPARE(chosen.size(), 2);
    QTest::keyClick(&canvas, Qt::Key_Home);
    QVERIFY(canvas.pixelsPerToken() < 1.5);
  }

  void weightsComeToTheWordsOfTheChat() {
    TwoMessages data;
    const QStringList pieces{QStringLiteral("<s>"), QStringLiteral("user\n"), QStringLiteral("my"), QStringLiteral(" name"),
                             QStringLiteral(" is"), QStringLiteral(" Nora"), QStringLiteral("\n"), QStringLiteral("Your"),
                             QStringLiteral(" name")};
    const std::vector<float> row{0.5f, 0, 0, 0, 0, 0.3f, 0, 0.15f, 0.03f};
    auto weights = weightsByMessage(data, 2, pieces, 7, row);
    QCOMPARE(weights.size(), 2);
    QCOMPARE(weights[1].starts, (QVector<int>{1, 3, 8, 11, 16}));
    QCOMPARE(weights[1].weights, (QVector<float>{0, 0, 0, 1}));
    QCOMPARE(weights[2].starts, (QVector<int>{0, 4, 9}));
    QCOMPARE(weights[2].weights, (QVector<float>{0.15f / 0.3f, 0.03f / 0.3f}));
    data.question.text = QStringLiteral("changed by the template");
    weights = weightsByMessage(data, 2, pieces, 7, row);
    QCOMPARE(weights.keys(), QList<qint64>{2});
    QVERIFY(weightsByMessage(data, 2, pieces, 7, std::vector<float>{1}).isEmpty());
    QVERIFY(weightsByMessage(data, 99, pieces, 7, row).isEmpty());
  }

  void liveRowsAreDrawnBeforeAnythingIsAsked() {
    TwoMessages data;
    AttentionSource source(data, nullptr);
    MapCanvas canvas;
    canvas.resize(400, 400);
    canvas.setSource(&source);
    source.show({2, 4, 1, 3});
    for (int position = 5; position < 12; ++position) {
      std::vector<float> weights(static_cast<std::size_t>(position) + 1);
      weights[3] = 1;
      source.addLive(position, weights);
    }
    Q_EMIT source.changed();
    QCOMPARE(source.tokens(), 12);
    QCOMPARE(source.live().size(), std::size_t{7});
    const QImage image = canvas.grab().toImage();
    const auto pixel = [&](int row, int key) {
      return image.pixelColor((canvas.rectOf(row, 1, key, 1).center() * image.devicePixelRatio()).toPoint());
    };
    QCOMPARE(pixel(11, 3), QColor(weightColours()[255]));
    QCOMPARE(pixel(11, 6), QColor(weightColours()[0]));
    QTest::qWait(20);
    QCOMPARE(data.asked, RequestId{0});
    source.show({2, 4, 1, 3});  // the answer is whole
    QTRY_VERIFY(data.asked > 0);
  }

  void nothingAndHardlyAnything() {
    for (const int tokens : {0, 1, 2}) {
      for (const QSize size : {QSize(160, 160), QSize(900, 300), QSize(30, 20)}) {
        Shown shown(tokens, size);
        QVERIFY(!shown.canvas.grab().isNull());
        shown.canvas.zoom(2, {5, 5});
        shown.canvas.pan({100, 100});
        QTest::keyClick(&shown.canvas, Qt::Key_Down, Qt::ControlModifier);
        QVERIFY(!shown.canvas.grab().isNull());
      }
    }
  }
};

QTEST_MAIN(MapTest)
#include "map_test.moc"
