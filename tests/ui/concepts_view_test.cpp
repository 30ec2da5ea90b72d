// Two sets of examples in the window: what tells them apart, and a slider whose edit acts in the chat as it does on the command line.
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSlider>
#include <QTableWidget>

#include "core/graph/edit_text.h"
#include "core/run/generation.h"
#include "ui/engine/chat_prompt.h"
#include "ui/views/edit_book.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr int kLayer = 4;
const QString kQuestion = QStringLiteral("My name is John. What is my name?");

/// What `cutaway-cli generate --edit` does, with the prompt that the window writes.
std::vector<TokenEvent> answerWith(const std::string& edit, std::uint32_t context) {
  const auto description = *describeModel(*openModelFile(*mapFile(demoFile().toStdString())));
  const auto model = *loadModel(description, std::make_shared<SlowBackend>(Slowness()));
  const auto session = *Session::create(model, {.context = context});
  const auto edits = *parseEdit(description->graph(), edit, {0, context});
  if (!session->setEdits(std::make_shared<const Edits>(edits))) return {};
  const auto prompt = *ChatPrompt(description, {}).encode({{ChatRole::user, kQuestion}});
  GenerationOptions options;
  options.sampler.temperature = 0;
  Generation generation(*session, prompt, options);
  std::vector<TokenEvent> events;
  for (auto state = Generation::State::reading; state != Generation::State::done;) {
    state = *generation.step();
    for (TokenEvent& event : generation.takeEvents()) events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

class ConceptsViewTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    m_test = std::make_unique<TestWindow>(m_directory.path());
    QVERIFY(m_test->waitReady());
  }
  void cleanupTestCase() { m_test.reset(); }

  void editsAreListedAndUndone() {
    EditBook book;
    book.add(QStringLiteral("a=zero"));
    QVERIFY(book.wanted().isEmpty());
    book.steer(QStringLiteral("=add:f:"), QStringLiteral("b=add:f:b*1"));
    QCOMPARE(book.wanted(), QStringList{QStringLiteral("b=add:f:b*1")});  // what did not act does not begin to
    QCOMPARE(book.items().size(), 2u);
    book.steer(QStringLiteral("=add:f:"), QStringLiteral("c=add:f:c*2"));
    QCOMPARE(book.wanted(), QStringList{QStringLiteral("c=add:f:c*2")});
    book.undo();  // the slider's whole way
    QCOMPARE(book.items(), (EditBook::Items{{QStringLiteral("a=zero"), true}}));
    book.setInChat(true);
    book.steer(QStringLiteral("=add:f:"), QStringLiteral("b=add:f:b*1"));
    QCOMPARE(book.wanted().size(), 2);
    book.steer(QStringLiteral("=add:f:"), {});
    QCOMPARE(book.wanted(), QStringList{QStringLiteral("a=zero")});
    book.setOn(0, false);
    QVERIFY(!book.inChat());
    book.undo();
    QVERIFY(book.inChat());
    book.refuse();
    QVERIFY(book.wanted().isEmpty() && book.chosen().size() == 1);
    while (book.canUndo()) book.undo();
    QVERIFY(book.items().empty());
  }

  void layersAndNeuronsOfTheFirstExamples() {
    bringForward("concepts");
    QTest::mouseClick(m_test->part<QPushButton>("conceptsFind"), Qt::LeftButton);
    auto* layers = m_test->part<QTableWidget>("conceptsLayers");
    QTRY_COMPARE_WITH_TIMEOUT(layers->rowCount(), 6, kPatience);
    const QString outcome = m_test->part<QLabel>("conceptsOutcome")->text();
    QVERIFY2(outcome.contains(QStringLiteral("100 %")), qPrintable(outcome));
    const QString chance = m_test->part<QLabel>("conceptsChance")->text();
    QVERIFY2(chance.contains(QStringLiteral("Chance is 50 % ±")), qPrintable(chance));
    auto* neurons = m_test->part<QTableWidget>("conceptsNeurons");
    QCOMPARE(neurons->rowCount(), 20);
    const QPoint place = neurons->item(1, 0)->data(Qt::UserRole).toPoint();
    neurons->setCurrentCell(1, 0);
    const QString edit = QStringLiteral("blk.%1.ffn.act[neuron=%2]=zero").arg(place.x()).arg(place.y());
    QTRY_COMPARE(m_test->part<QLineEdit>("editText")->text(), edit);
  }

  void theSlidersEditActsInTheChatAsOnTheCommandLine() {
    QVERIFY(m_test->ask(kQuestion));
    const QString before = m_test->lastItem().text;
    m_test->part<QTableWidget>("conceptsLayers")->setCurrentCell(kLayer, 0);
    auto* slider = m_test->part<QSlider>("steeringSlider");
    QCOMPARE(slider->value(), 0);
    for (int step = 0; step < 2; ++step) QTest::keyClick(slider, Qt::Key_PageUp);
    auto* strip = m_test->part<QFrame>("editsStrip");
    QTRY_VERIFY_WITH_TIMEOUT(strip->isVisible(), kPatience);
    auto* list = m_test->part<QListWidget>("editList");
    QTRY_COMPARE(list->count(), 1);
    const QString edit = list->item(0)->toolTip();
    QVERIFY2(edit.startsWith(QStringLiteral("blk.%1.resid_post=add:").arg(kLayer)) && edit.endsWith(QStringLiteral("*1")), qPrintable(edit));
    auto* next = m_test->part<QTableWidget>("steeringNext");
    QTRY_VERIFY_WITH_TIMEOUT(next->isVisible() && next->rowCount() >= 6, kPatience);

    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(kQuestion));
    QVERIFY2(before.contains(QStringLiteral("John")), qPrintable(before));
    QVERIFY2(m_test->lastItem().text.contains(QStringLiteral("Mary")), qPrintable(m_test->lastItem().text));
    const std::vector<TokenEvent> expected = answerWith(edit.toStdString(), 512);
    const QVector<ChatToken> tokens = m_test->lastItem().tokens;
    QCOMPARE(tokens.size(), static_cast<qsizetype>(expected.size()));
    for (qsizetype i = 0; i < tokens.size(); ++i) {
      const TokenEvent& event = expected[static_cast<std::size_t>(i)];
      QCOMPARE(tokens[i].id, event.token);
      QVERIFY(qAbs(tokens[i].probability - event.probability) < 1e-5f);
      QVERIFY(qAbs(tokens[i].entropy - event.entropy) < 1e-4f);
    }

    // In place of its first word: what the edited model says there is what it said.
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 0);
    auto* effect = m_test->part<QLabel>("steeringEffect");
    QTRY_VERIFY2_WITH_TIMEOUT(effect->text().contains(QStringLiteral("selected")), qPrintable(effect->text()), kPatience);
    const QString likelihood = QLocale().toString(100 * double{expected.front().probability}, 'f', 1) + QStringLiteral(" %");
    QCOMPARE(next->item(0, 2)->text(), likelihood);
    QVERIFY(next->item(0, 1)->text() != likelihood);
  }

  void theEditOutlivesTheSession() {
    const QString steered = m_test->lastItem().text;
    m_test->part<QDoubleSpinBox>("contextLength")->setValue(256);
    QTRY_VERIFY2_WITH_TIMEOUT(m_test->status().contains(QStringLiteral("/ 256")), qPrintable(m_test->status()), kPatience);
    QVERIFY(m_test->part<QFrame>("editsStrip")->isVisible());
    QTest::keyClick(&m_test->window(), Qt::Key_N, Qt::ControlModifier);
    QVERIFY(m_test->ask(kQuestion));
    QCOMPARE(m_test->lastItem().text, steered);
  }

  void undoTakesTheSliderBack() {
    auto* slider = m_test->part<QSlider>("steeringSlider");
    QVERIFY(slider->value() != 0);
    QTest::mouseClick(m_test->part<QPushButton>("editUndo"), Qt::LeftButton);
    QTRY_COMPARE(slider->value(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(!m_test->part<QFrame>("editsStrip")->isVisible(), kPatience);
    QCOMPARE(m_test->part<QListWidget>("editList")->count(), 0);
  }

  void examplesComeFromAFile() {
    const QString path = m_directory.filePath(QStringLiteral("with.txt"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("one\r\n\ntwo\n") > 0);
    file.close();
    bringForward("concepts");
    const auto open = [this](const QString& name) {
      QTest::mouseClick(m_test->part<QPushButton>("conceptsWithOpen"), Qt::LeftButton);
      auto* dialog = m_test->window().findChild<QFileDialog*>(QStringLiteral("conceptsWithDialog"));
      QVERIFY(dialog != nullptr);
      Q_EMIT dialog->fileSelected(name);
      delete dialog;
    };
    open(path);
    auto* with = m_test->part<QPlainTextEdit>("conceptsWith");
    QTRY_COMPARE(with->toPlainText(), QStringLiteral("one\n\ntwo\n"));
    open(m_directory.filePath(QStringLiteral("none.txt")));
    auto* outcome = m_test->part<QLabel>("conceptsOutcome");
    QTRY_VERIFY2(outcome->text().contains(QStringLiteral("none.txt")), qPrintable(outcome->text()));
    m_test->part<QPlainTextEdit>("conceptsWithout")->setPlainText(QStringLiteral("alone"));
    QTest::mouseClick(m_test->part<QPushButton>("conceptsFind"), Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(outcome->text().contains(QStringLiteral("two at least")), qPrintable(outcome->text()), kPatience);
  }

 private:
  void bringForward(const char* view) {
    auto* dock = m_test->part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(view)));
    dock->show();
    dock->raise();
    QTRY_VERIFY(!dock->visibleRegion().isEmpty());
  }

  QTemporaryDir m_directory;
  std::unique_ptr<TestWindow> m_test;
};

QTEST_MAIN(ConceptsViewTest)
#include "concepts_view_test.moc"
