// Views on real answers: what they show, and that they cost nothing while they are not in front.
#include <QDockWidget>
#include <QFileDialog>
#include <QGuiApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabBar>
#include <QTableView>
#include <QTableWidget>
#include <algorithm>
#include <numeric>

#include <QCheckBox>

#include "ui/chat/token_tip.h"
#include "ui/views/bar_delegate.h"
#include "ui/views/head_grid.h"
#include "ui/views/heatmap.h"
#include "ui/views/text_maps.h"
#include "ui/views/performance_text.h"
#include "ui/views/view_saving.h"
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

  void attentionOfKnownPatterns() {
    const QStringList pieces{QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")};
    const std::vector<Capture> patterns{{0, {2, 1, 3}, {0.5f, 0.3f, 0.2f, 1, 0, 0}}, {1, {2, 1, 3}, {0, 0, 1, 0.5f, 0.5f, 0}}};
    const auto attention = TokenAttention::from(pieces, patterns);
    QVERIFY(attention);
    QCOMPARE(attention->layers(), 2);
    QCOMPARE(attention->heads(), 2);
    QCOMPARE(attention->row(0, 0, false), (std::vector<float>{0.5f, 0.3f, 0.2f}));
    QCOMPARE(attention->row(0, 0, true), (std::vector<float>{0, 0.6f, 0.4f}));
    QCOMPARE(attention->row(0, 1, true), (std::vector<float>{0, 0, 0}));
    QCOMPARE(attention->row(0, -1, false), (std::vector<float>{0.5f, 0.2f, 0.3f}));
    QCOMPARE(heaviest(attention->row(0, 0, false), 2, 0.0f), (std::vector<int>{0, 1}));
    QCOMPARE(heaviest(attention->row(0, 1, false), 9, 0.0f), (std::vector<int>{0, 2, 1}));
    QCOMPARE(heaviest(attention->row(0, 1, false), 9, 0.1f), (std::vector<int>{0}));
  }

  void attentionOfARealWord() {
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(QStringLiteral("Hi, my name is Nora.")));
    QVERIFY(m_test->ask(QStringLiteral("What is my name?")));
    auto* rows = m_test->part<QTableWidget>("attentionTokens");
    auto* grid = m_test->part<HeadGrid>("headGrid");
    auto* heading = m_test->part<QLabel>("attentionTitle");
    const QVector<ChatToken> tokens = m_test->lastItem().tokens;
    const auto name = std::ranges::find_if(tokens, [](const ChatToken& t) { return t.text.contains(QLatin1String("Nora")); });
    QVERIFY2(name != tokens.end(), qPrintable(m_test->lastItem().text));
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, static_cast<int>(name - tokens.begin()));
    QTest::qWait(150);
    QCOMPARE(rows->rowCount(), 0);  // behind a tab nothing is asked
    dock("attention").raise();
    QTRY_VERIFY_WITH_TIMEOUT(rows->rowCount() > 3, kPatience);
    QVERIFY2(heading->text().contains(QStringLiteral("Nora")), qPrintable(heading->text()));
    QVERIFY(grid->attention());
    const int before = grid->attention()->tokens();
    for (int layer = 0; layer < grid->attention()->layers(); ++layer) {
      const std::vector<float> row = grid->attention()->row(layer, 0, false);
      QVERIFY(qAbs(std::accumulate(row.begin(), row.end(), 0.0) - 1) < 1e-4);
    }

    QTest::mouseClick(grid, Qt::LeftButton, {}, QPoint(grid->width() - 4, grid->height() - 4));
    QTRY_VERIFY2(heading->text().contains(QStringLiteral("layer 5, head 7")), qPrintable(heading->text()));
    QTest::keyClick(grid, Qt::Key_Up);
    QTRY_VERIFY2(heading->text().contains(QStringLiteral("layer 4, head 7")), qPrintable(heading->text()));
    m_test->part<QCheckBox>("attentionWithoutSink")->setChecked(true);
    for (int row = 0; row < rows->rowCount(); ++row) QVERIFY(rows->item(row, 0)->text() != QLatin1String("0"));
    m_test->part<QCheckBox>("attentionAsRead")->setChecked(true);
    QTRY_COMPARE_WITH_TIMEOUT(grid->attention()->tokens(), before + 1, kPatience);
    QVERIFY(grid->attention()->piece(before).contains(QStringLiteral("Nora")));
  }

  void theSelectedTokenIsKnownWhole() {
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(QStringLiteral("What is 12 + 7?")));
    dock("tokens").raise();
    auto* table = m_test->part<QTableWidget>("tokenAlternatives");
    const ChatItem before = m_test->lastItem();
    Q_EMIT m_test->view().tokenClicked(before.id, 2);
    QTRY_VERIFY_WITH_TIMEOUT(table->columnCount() > 5 && table->rowCount() == 40, kPatience);
    QCOMPARE(table->horizontalHeaderItem(5)->text(), QStringLiteral("Greedy"));
    QCOMPARE(table->item(0, 5)->text(), QStringLiteral("100.0 %"));
    QCOMPARE(table->item(1, 5)->text(), QStringLiteral("–"));
    m_test->part<QLineEdit>("tokenWord")->setText(before.tokens[2].text);
    const QString found = m_test->part<QLabel>("tokenFound")->text();
    QVERIFY2(found.contains(QStringLiteral("rank 1")), qPrintable(found));

    auto* branch = m_test->part<QPushButton>("tokenBranch");
    table->setCurrentCell(3, 1);
    QVERIFY(branch->isEnabled());
    const QString other = table->item(3, 1)->text();
    QTest::mouseClick(branch, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(m_test->lastItem().id != before.id && m_test->lastItem().tokens.size() > 2, kPatience);
    QVERIFY(m_test->waitIdle());
    const ChatItem after = m_test->lastItem();
    for (int i = 0; i < 2; ++i) QCOMPARE(after.tokens[i].id, before.tokens[i].id);
    QCOMPARE(tokenLabel(after.tokens[2].text), other);
    QVERIFY(after.tokens[2].id != before.tokens[2].id);
    QVERIFY(after.tokens.size() > 3);
    QCOMPARE(after.siblings, 2);
  }

  void mapsOfARealText() {
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    dock("attention").raise();
    auto* modes = m_test->part<QTabBar>("attentionModes");
    modes->setCurrentIndex(1);
    QVERIFY(m_test->ask(QStringLiteral("Hi, my name is Nora.")));
    QVERIFY(m_test->ask(QStringLiteral("What is my name?")));
    QCOMPARE(m_test->lastItem().text, QStringLiteral("Your name is Nora."));
    auto* grid = m_test->part<MapGrid>("mapGrid");
    auto* canvas = m_test->part<MapCanvas>("mapCanvas");
    auto* facts = m_test->part<QLabel>("mapFacts");
    auto* title = m_test->part<QLabel>("mapTitle");
    QTRY_COMPARE_WITH_TIMEOUT(grid->layers(), 6, kPatience);
    QCOMPARE(grid->heads(), 8);
    QTRY_VERIFY_WITH_TIMEOUT(facts->text().contains(QStringLiteral("tokens: each row")), kPatience);
    QVERIFY2(grid->meanEntropy(0, 0) < grid->meanEntropy(3, 6), "a seeded head looks at one token");

    QTest::mouseClick(grid, Qt::LeftButton, {}, QPoint(24, 24));
    QTRY_COMPARE(title->text(), QStringLiteral("Layer 0, head 0"));
    QTest::keyClick(grid, Qt::Key_Down);
    QTRY_COMPARE(title->text(), QStringLiteral("Layer 1, head 0"));

    // The token that makes " Nora" looks back at the name, and is told so.
    const QVector<ChatToken> tokens = m_test->lastItem().tokens;
    const auto name = std::ranges::find_if(tokens, [](const ChatToken& t) { return t.text.contains(QLatin1String("Nora")); });
    QVERIFY(name != tokens.end());
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, static_cast<int>(name - tokens.begin()) - 1);
    QTRY_VERIFY_WITH_TIMEOUT(canvas->currentRow() > 0, kPatience);
    const int row = canvas->currentRow();
    auto* cell = m_test->part<QLabel>("mapCell");
    QTRY_VERIFY_WITH_TIMEOUT(!m_test->part<TextMaps>("textMaps")->csv().isEmpty(), kPatience);
    const QStringList weights = m_test->part<TextMaps>("textMaps")->csv().split(QStringLiteral("\r\n"))[row + 1].split(QLatin1Char(','));
    int best = 1;
    for (int key = 1; key < row; ++key)
      if (weights[key + 1].toDouble() > weights[best + 1].toDouble()) best = key;
    Q_EMIT canvas->hovered(row, best);
    QTRY_VERIFY_WITH_TIMEOUT(cell->text().contains(QStringLiteral("number 1 of")), kPatience);
    QVERIFY2(cell->text().contains(QStringLiteral("Nora")), qPrintable(cell->text()));

    m_test->part<QComboBox>("mapHeads")->setCurrentIndex(1);
    QTRY_COMPARE(title->text(), QStringLiteral("Layer 1, mean of its heads"));
    m_test->part<QCheckBox>("mapWithoutSink")->setChecked(true);
    m_test->part<QComboBox>("mapScale")->setCurrentIndex(1);
    m_test->part<QComboBox>("mapCells")->setCurrentIndex(1);
    QVERIFY(!dock("attention").grab().isNull());
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QTRY_COMPARE(title->text(), QStringLiteral("No text to show"));
    QTRY_COMPARE(grid->layers(), 0);
    modes->setCurrentIndex(0);
  }

  void whatAViewShowsIsSaved() {
    QVERIFY(m_test->ask(QStringLiteral("What is 12 + 7?")));
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 0);
    dock("tokens").raise();
    auto* table = m_test->part<QTableWidget>("tokenAlternatives");
    // First the few that came with the answer, then those of the whole distribution.
    QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 40, kPatience);
    QTRY_VERIFY(!dock("tokens").visibleRegion().isEmpty());
    const QByteArray numbers = savedBy(Qt::Key_E, "saveNumbers", QStringLiteral("numbers.csv"));
    QCOMPARE(numbers.count("\r\n"), 1 + table->rowCount());
    QVERIFY(numbers.startsWith("Rank,Token,Probability"));
    const QImage picture = QImage::fromData(savedBy(Qt::Key_S, "savePicture", QStringLiteral("picture.png")));
    QCOMPARE(picture.size(), dock("tokens").widget()->size() * 2);
    const QByteArray drawing = savedBy(Qt::Key_S, "savePicture", QStringLiteral("drawing.svg"));
    QVERIFY(drawing.contains("<svg") && drawing.contains("Probability"));
  }

  void valuesAreCapturedAndOpenedAgain() {
    QVERIFY(m_test->ask(QStringLiteral("What is 12 + 7?")));
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 0);
    dock("captures").show();
    dock("captures").raise();
    auto* write = m_test->part<QPushButton>("captureWrite");
    auto* list = m_test->part<QTableWidget>("captureArrays");
    auto* problem = m_test->part<QLabel>("capturesProblem");
    const auto capture = [&](const QString& selection, const QString& path) {
      m_test->part<QLineEdit>("captureSelection")->setText(selection);
      QTest::mouseClick(write, Qt::LeftButton);
      auto* dialog = write->parentWidget()->findChild<QFileDialog*>();
      if (dialog == nullptr) return;
      Q_EMIT dialog->fileSelected(path);
      dialog->close();
    };
    const QString path = m_directory.filePath(QStringLiteral("c.safetensors"));
    capture(QStringLiteral("blk.0.attn.patern"), path);
    QTRY_VERIFY2_WITH_TIMEOUT(problem->text().contains(QStringLiteral("blk.0.attn.pattern")), qPrintable(problem->text()), kPatience);
    QTest::qWait(1);
    capture(QStringLiteral("blk.1.attn.pattern,blk.2.resid_post"), path);
    QTRY_COMPARE_WITH_TIMEOUT(list->rowCount(), 3, kPatience);
    auto* heatmap = m_test->part<Heatmap>("captureHeatmap");
    QTRY_VERIFY(!heatmap->data().isEmpty());
    QCOMPARE(heatmap->data().rows, heatmap->data().columns);  // a pattern
    QVERIFY(heatmap->data().rowLabels.last().contains(m_test->lastItem().tokens.last().text.trimmed()) || heatmap->data().rows > 10);
    const auto before = heatmap->data().values;
    m_test->part<QSpinBox>("capturePlane")->setValue(3);
    QTRY_VERIFY(heatmap->data().values != before);
    QTest::mouseClick(m_test->part<QPushButton>("captureOpen"), Qt::LeftButton);
    auto* dialog = m_test->window().findChild<QFileDialog*>(QStringLiteral("openCapture"));
    QVERIFY(dialog != nullptr);
    Q_EMIT dialog->fileSelected(m_directory.filePath(QStringLiteral("none.safetensors")));
    dialog->close();
    QTRY_VERIFY2(problem->text().contains(QStringLiteral("none.safetensors")), qPrintable(problem->text()));
    dock("captures").hide();
    m_test->window().activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&m_test->window()));
  }

  void cellsAreQuotedOnlyWhereTheyMustBe() {
    CsvTable csv({QStringLiteral("a"), QStringLiteral("b")});
    csv.add({QStringLiteral("1,5"), QStringLiteral("say \"x\"\n")});
    QCOMPARE(csv.text(), QStringLiteral("a,b\r\n\"1,5\",\"say \"\"x\"\"\n\"\r\n"));
    QCOMPARE(csvNumber(0.1), QStringLiteral("0.1"));
  }

  void theLensLooksOnWhileAnAnswerIsWritten() {
    dock("lens").raise();
    auto* grid = m_test->part<QTableView>("lensGrid");
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(QStringLiteral("Tell me a story about a fox")));
    QTRY_VERIFY(grid->model()->columnCount() > 3);
    QCOMPARE(grid->model()->rowCount(), 7);
    const QString live = grid->model()->index(0, 2).data().toString();
    QVERIFY(!live.isEmpty());
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 4);
    QTRY_VERIFY_WITH_TIMEOUT(m_test->part<QLabel>("lensFacts")->text().contains(QStringLiteral("bold")), kPatience);
    QVERIFY(m_test->part<QLabel>("lensTitle")->text().contains(QStringLiteral("first from")));
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
  /// By the key of the menu, through the file dialog.
  QByteArray savedBy(Qt::Key key, const char* dialogName, const QString& name) {
    QTest::keyClick(&m_test->window(), key, Qt::ControlModifier | Qt::AltModifier);
    QFileDialog* dialog = nullptr;
    const bool opened = QTest::qWaitFor([&] {
      dialog = m_test->window().findChild<QFileDialog*>(QLatin1String(dialogName));
      return dialog != nullptr && dialog->isVisible();
    });
    if (!opened) return {};
    const QString path = m_directory.filePath(name);
    Q_EMIT dialog->fileSelected(path);
    dialog->close();
    QFile file(path);
    const bool written = QTest::qWaitFor([&] { return file.exists(); }, kPatience) && file.open(QIODevice::ReadOnly);
    m_test->window().activateWindow();  // from the dialog, which deletes itself
    if (!QTest::qWaitForWindowActive(&m_test->window())) return {};
    return written ? file.readAll() : QByteArray();
  }

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
