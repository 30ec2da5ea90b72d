// The model's drawing: walked by key and mouse, layers opened, and the numbers of a value at a word of an answer.
#include <QDockWidget>
#include <QLabel>

#include "ui/views/graph_picture.h"
#include "ui/views/view.h"
#include "ui/views/weight_picture.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

class GraphViewTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    m_test = std::make_unique<TestWindow>(m_directory.path());
    QVERIFY(m_test->waitReady());
    QVERIFY(m_test->ask(QStringLiteral("Hi, my name is Nora.")));
    m_dock = m_test->part<QDockWidget>("dock-graph");
    m_picture = m_test->part<GraphPicture>("graphPicture");
    m_dock->show();
    m_dock->raise();
  }
  void cleanupTestCase() { m_test.reset(); }

  void valuesAreWalkedAndTold() {
    QTRY_VERIFY(!m_picture->drawing().boxes.empty());
    QTest::keyClick(m_picture, Qt::Key_Down);
    QCOMPARE(text("graphValue"), QStringLiteral("embed"));
    QVERIFY(text("graphMade").contains(QStringLiteral("token_embd.weight (F16)")));
    QVERIFY(text("graphNumbers").contains(QStringLiteral("Click a word")));
    QTest::keyClick(m_picture, Qt::Key_Down);
    QVERIFY2(text("graphValue").startsWith(QStringLiteral("blk.0.")), qPrintable(text("graphValue")));
    QVERIFY(m_picture->accessibleDescription().contains(QStringLiteral("T")));
    click("blk.0.attn.q");
    QCOMPARE(text("graphValue"), QStringLiteral("blk.0.attn.q"));
    QVERIFY(text("graphMade").startsWith(QStringLiteral("T × H=8 × d=32")));
  }

  void aWordGivesTheValuesNumbers() {
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 2);
    QTRY_VERIFY_WITH_TIMEOUT(text("graphNumbers").contains(QStringLiteral("256 numbers")), kPatience);
    QVERIFY(text("graphNumbers").contains(m_test->lastItem().tokens[2].text.trimmed()));
    auto* strip = m_test->part<WeightPicture>("graphStrip");
    QVERIFY2(strip->describe({1, 1}).startsWith(QStringLiteral("row 0, column 0")), qPrintable(strip->describe({1, 1})));
    click("blk.0.attn.pattern");  // looks back at all tokens
    QTRY_VERIFY_WITH_TIMEOUT(text("graphNumbers").contains(QStringLiteral("0 to 1")) ||
                                 text("graphNumbers").contains(QStringLiteral("mean 0.0")), kPatience);
    click("logits");
    QTRY_VERIFY_WITH_TIMEOUT(text("graphNumbers").contains(QStringLiteral("2048 numbers")), kPatience);
  }

  void aFoldOpensAndTheValueStays() {
    click("blk.0.ffn.act");
    QTRY_VERIFY_WITH_TIMEOUT(text("graphNumbers").contains(QStringLiteral("768 numbers")), kPatience);
    const QString before = text("graphNumbers");
    const auto fold = std::ranges::find(m_picture->drawing().boxes, kNone, &DrawnBox::node);
    QVERIFY(fold != m_picture->drawing().boxes.end());
    QTest::mouseClick(m_picture, Qt::LeftButton, {}, QPoint(fold->rect.x + 5, fold->rect.y + 5));
    QCOMPARE(text("graphValue"), QStringLiteral("blk.1.ffn.act"));
    QTRY_VERIFY_WITH_TIMEOUT(text("graphNumbers") != before, kPatience);
    QVERIFY(text("graphNumbers").contains(QStringLiteral("768 numbers")));
  }

  void theGraphIsSavedAsLines() {
    const QString csv = m_dock->findChild<InspectorView*>()->csv();
    QVERIFY(csv.contains(QStringLiteral("\r\nblk.3.attn.out,\"(T, 256)\",linear,blk.3.attn.z,blk.3.attn_output.weight,F16\r\n")));
    QCOMPARE(&m_dock->findChild<InspectorView*>()->picture(), static_cast<QWidget*>(m_picture));
  }

 private:
  QString text(const char* name) { return m_test->part<QLabel>(name)->text(); }
  void click(const char* value) {
    for (const DrawnValue& drawn : m_picture->drawing().values) {
      m_picture->setCurrent(drawn.value);
      if (!m_picture->describe(drawn.value).startsWith(QLatin1String(value) + QLatin1Char(','))) continue;
      return QTest::mouseClick(m_picture, Qt::LeftButton, {}, m_picture->rectOf(drawn.value).center());
    }
    QFAIL(value);
  }

  QTemporaryDir m_directory;
  std::unique_ptr<TestWindow> m_test;
  QDockWidget* m_dock = nullptr;
  GraphPicture* m_picture = nullptr;
};

QTEST_MAIN(GraphViewTest)
#include "graph_view_test.moc"
