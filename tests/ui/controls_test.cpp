// What every control, action and view must have: names, texts, shortcuts of their own, and patience with any data.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QMenuBar>
#include <QScrollBar>
#include <QTableWidget>
#include <QWheelEvent>
#include <cmath>
#include <set>

#include "core/inspect/recall.h"
#include "ui/views/view_table.h"
#include "ui/window/context_dialog.h"
#include "ui/window/fit_dialog.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

class SomeData : public ViewData {
 public:
  const StoredMessage* message(qint64 id) const override { return id == answer.id ? &answer : nullptr; }
  RequestId ask(const QString&, qint64, int, InquiryMaker) override { return ++lastAsked; }
  void inBackground(QObject*, std::function<std::function<void()>()> work) override { work()(); }
  RequestId lastAsked = 0;
  StoredMessage answer;
};

/// None, empty ones, and some that no device would tell.
QVector<std::shared_ptr<const StepTimes>> someTimes() {
  QVector<std::shared_ptr<const StepTimes>> all{nullptr, std::make_shared<const StepTimes>()};
  StepTimes odd;
  odd.device = QString(500, QLatin1Char('d'));
  odd.problem = QStringLiteral("it cannot tell");
  odd.readBandwidth = -1;
  all.append(std::make_shared<const StepTimes>(odd));
  odd.steps = 1;
  odd.generate.seconds = std::nan("");
  odd.generate.ops = {{std::string(1000, 'o'), 0, std::nan(""), ~std::uint64_t{0}}, {"", ~0u, -1, 0}, {"a", 1, 0, 5}};
  all.append(std::make_shared<const StepTimes>(odd));
  odd.promptTokens = ~0u;
  odd.prompt.ops.assign(300, {"a", 1, 1e30, 1});
  all.append(std::make_shared<const StepTimes>(odd));
  return all;
}

/// Answers that are none, have wrong shapes, or hold no numbers, and one that is right.
QVector<Answer> someAnswers() {
  const QStringList pieces{QStringLiteral("a"), QStringLiteral("b")};
  const auto make = [&](std::vector<Capture> values, const QString& error = {}) {
    Answer answer{.tokens = {1, 2}, .pieces = pieces, .promptTokens = 1, .error = error, .inquiry = {}, .pairInquiry = {}, .text = {}, .encode = {}};
    if (error.isEmpty()) answer.inquiry = std::make_shared<const Recall>(std::move(values));
    return answer;
  };
  const float nan = std::nanf("");
  return {make({}, QStringLiteral("it failed")),
          make({}),
          make({{0, {2, 1, 3}, std::vector<float>(6)}}),
          make({{0, {2, 1, 2}, std::vector<float>(3)}}),
          make({{0, {2, 2, 2}, std::vector<float>(8)}}),
          make({{0, {2, 1, 2}, {nan, nan, nan, nan}}}),
          make({{0, {2, 1, 2}, {1, 0, 0.5f, 0.5f}}, {1, {3, 1, 2}, std::vector<float>(6)}}),
          make({{0, {2, 1, 2}, {1, 0, 0.5f, 0.5f}}})};
}

bool isInteractive(const QWidget* widget) {
  if (qobject_cast<const QScrollBar*>(widget) != nullptr) return false;
  return qobject_cast<const QAbstractButton*>(widget) != nullptr || qobject_cast<const QComboBox*>(widget) != nullptr ||
         qobject_cast<const QAbstractSpinBox*>(widget) != nullptr || qobject_cast<const QLineEdit*>(widget) != nullptr ||
         qobject_cast<const QAbstractSlider*>(widget) != nullptr ||
         qobject_cast<const QPlainTextEdit*>(widget) != nullptr ||
         qobject_cast<const QAbstractItemView*>(widget) != nullptr;
}

/// Parts that Qt makes inside its own widgets speak through these.
bool isInnerPart(const QWidget* widget) {
  for (const QWidget* p = widget->parentWidget(); p != nullptr; p = p->parentWidget()) {
    if (qobject_cast<const QAbstractSpinBox*>(p) != nullptr || qobject_cast<const QComboBox*>(p) != nullptr ||
        qobject_cast<const QLineEdit*>(p) != nullptr || qobject_cast<const QAbstractItemView*>(p) != nullptr) {
      return true;
    }
  }
  return widget->objectName().startsWith(QLatin1String("qt_"));
}

QString spokenName(QWidget* widget) {
  QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(widget);
  return accessible == nullptr ? QString() : accessible->text(QAccessible::Name);
}

void collectActions(QMenu* menu, QVector<QAction*>& into) {
  for (QAction* action : menu->actions()) {
    if (action->isSeparator()) continue;
    into.append(action);
    if (action->menu() != nullptr) collectActions(action->menu(), into);
  }
}

}  // namespace

class ControlsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { m_test = std::make_unique<TestWindow>(m_directory.path()); }
  void theWheelChangesOnlyWhatHasFocus() {
    const auto scroll = [](QWidget* over) {
      const QPointF middle = over->rect().center();
      QWheelEvent wheel(middle, over->mapToGlobal(middle), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
      QCoreApplication::sendEvent(over, &wheel);
    };
    auto* temperature = m_test->part<QDoubleSpinBox>("temperature");
    auto* colouring = m_test->part<QComboBox>("colouring");
    for (QWidget* widget : {static_cast<QWidget*>(temperature), static_cast<QWidget*>(colouring)})
      QVERIFY(widget->focusPolicy() == Qt::StrongFocus);
    colouring->setCurrentIndex(1);
    m_test->part<QWidget>("composer")->setFocus();
    const double before = temperature->value();
    scroll(temperature);
    const int choice = colouring->currentIndex();
    scroll(colouring);
    QCOMPARE(temperature->value(), before);
    QCOMPARE(colouring->currentIndex(), choice);
    m_test->window().activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&m_test->window()));
    temperature->setFocus();
    scroll(temperature);
    QVERIFY(temperature->value() > before);
    temperature->setValue(before);
    colouring->setCurrentIndex(0);
  }

  void cleanupTestCase() { m_test.reset(); }

  void everyControlHasAName() {
    QVERIFY(m_test->waitReady());
    ContextDialog context({}, 512, &m_test->window());
    FitDialog fit({}, {QStringLiteral("device")}, &m_test->window());
    int found = 0;
    for (QWidget* widget : m_test->window().findChildren<QWidget*>()) {
      if (!isInteractive(widget) || isInnerPart(widget)) continue;
      ++found;
      QVERIFY2(!spokenName(widget).isEmpty(),
               qPrintable(QStringLiteral("%1 “%2” in “%3”").arg(QLatin1String(widget->metaObject()->className()),
                                                                 widget->objectName(),
                                                                 widget->parentWidget()->objectName())));
    }
    QVERIFY(found > 30);
  }

  void everyActionHasTextAndItsOwnShortcut() {
    QVector<QAction*> actions;
    for (QAction* top : m_test->window().menuBar()->actions()) {
      QVERIFY(top->menu() != nullptr);
      collectActions(top->menu(), actions);
    }
    QVERIFY(actions.size() > 25);
    std::set<QString> seen;
    for (const QAction* action : actions) {
      QVERIFY(!action->text().isEmpty());
      if (action->menu() != nullptr) continue;
      QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->text()));
      const QString keys = action->shortcut().toString();
      QVERIFY2(seen.insert(keys).second, qPrintable(keys + QStringLiteral(" twice: ") + action->text()));
    }
  }

  void mnemonicsOfAMenuDiffer() {
    std::set<QChar> menus;
    for (const QAction* top : m_test->window().menuBar()->actions()) {
      const QString text = top->text();
      QVERIFY2(menus.insert(text[text.indexOf(QLatin1Char('&')) + 1].toLower()).second, qPrintable(text));
      std::set<QChar> inside;
      for (const QAction* action : top->menu()->actions()) {
        const qsizetype at = action->text().indexOf(QLatin1Char('&'));
        if (at < 0) continue;
        QVERIFY2(inside.insert(action->text()[at + 1].toLower()).second, qPrintable(action->text()));
      }
    }
  }

  void everyViewHasADockAndAnId() {
    std::set<QString> ids;
    for (const ViewEntry& entry : viewTable()) {
      QVERIFY(ids.insert(QLatin1String(entry.id)).second);
      auto* dock = m_test->part<QDockWidget>(qPrintable(QStringLiteral("dock-") + QLatin1String(entry.id)));
      QVERIFY(dock != nullptr);
      QCOMPARE(dock->windowTitle(), viewTitle(entry));
      QCOMPARE(dock->toggleViewAction()->shortcut(), QKeySequence(QLatin1String(entry.shortcut)));
    }
  }

  void viewsTakeAnyData() {
    for (const ViewEntry& entry : viewTable()) {
      SomeData data;
      const std::unique_ptr<InspectorView> view(entry.create(data, nullptr));
      const auto look = [&] {
        for (const QSize& size : {QSize(400, 800), QSize(1, 1), QSize(120, 2000), QSize(2000, 90)}) {
          view->resize(size);
          QCOMPARE(view->grab().deviceIndependentSize().toSize(), size.expandedTo(view->minimumSize()));
          view->csv();
        }
      };
      look();
      data.answer.id = 7;
      data.answer.tokens = {{QStringLiteral(" a"), 3, 0.5f, 1.0f, {{QStringLiteral(" a"), 0.5f}}},
                            {QString(), -1, 0.0f, 0.0f, {}},
                            {QStringLiteral("\n"), 4, 2.0f, -1.0f, {{QString(1000, QLatin1Char('x')), -3.0f}}}};
      view->setShown(true);
      data.setModel(std::make_shared<const LoadedModel>());
      for (const auto& times : someTimes()) {
        data.setStepTimes(times);
        look();
      }
      for (const TokenRange& range : {TokenRange{7, 0, 0}, TokenRange{7, 1, 1}, TokenRange{7, 2, 2},
                                      TokenRange{7, 900, 900}, TokenRange{8, 0, 0}, TokenRange{}}) {
        data.selection().setTokens(range);
        Q_EMIT data.messageChanged(7);
        look();
      }
      data.selection().setTokens({7, 0, 0});
      for (const Answer& some : someAnswers()) {
        QTest::qWait(80);  // views ask a moment later
        for (Answer answer = some; answer.id <= data.lastAsked; ++answer.id) {
          Q_EMIT data.questionProgress(answer.id, 2.5);
          Q_EMIT data.answered(std::make_shared<const Answer>(answer));
        }
        look();
      }
      data.selection().setHovered({7, 0, 0});
      data.selection().setHead(99, 99);
      data.setModel(nullptr);
      data.selection().setConversation(5);
      look();
    }
  }

  void theTokensViewShowsTheSelectedToken() {
    QVERIFY(m_test->ask(QStringLiteral("What is 12 + 7?")));
    Q_EMIT m_test->view().tokenClicked(m_test->lastItem().id, 0);
    auto* table = m_test->part<QTableWidget>("tokenAlternatives");
    const ChatToken& token = m_test->lastItem().tokens[0];
    QCOMPARE(table->rowCount(), static_cast<int>(token.alternatives.size()));
    QVERIFY(table->rowCount() >= 5);
    QVERIFY(m_test->part<QLabel>("tokenTitle")->text().contains(token.text));
    Q_EMIT m_test->view().tokenHovered(m_test->lastItem().id, 1);
    QVERIFY(m_test->part<QLabel>("tokenTitle")->text().contains(QStringLiteral("2")));
    Q_EMIT m_test->view().tokenHovered(m_test->lastItem().id, -1);
    QVERIFY(m_test->part<QLabel>("tokenTitle")->text().contains(QStringLiteral("Token 1")));
  }

  void nothingIsWiderThanANarrowWindow_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("large") << QSize(1400, 900);
    QTest::newRow("medium") << QSize(1000, 700);
    QTest::newRow("small") << QSize(700, 500);
  }

  void nothingIsWiderThanANarrowWindow() {
    QFETCH(QSize, size);
    m_test->window().resize(size);
    QTest::qWait(50);
    QCOMPARE(m_test->window().size(), size);
    for (const char* name : {"composerInput", "composerButton", "chatView", "statusLine", "colouring", "modelButton"}) {
      const auto* part = m_test->part<QWidget>(name);
      if (!part->isVisible()) continue;
      const QRect place(part->mapTo(&m_test->window(), QPoint(0, 0)), part->size());
      QVERIFY2(m_test->window().rect().contains(place), name);
    }
  }

  void theSidebarsEntrySaysWhetherItIsThere() {
    MainWindow& window = m_test->window();
    window.resize(1400, 900);
    auto* sidebar = m_test->part<QWidget>("sidebar");
    QVERIFY(sidebar != nullptr);
    QAction* entry = nullptr;
    for (QAction* action : window.findChildren<QAction*>()) {
      if (action->shortcut() == QKeySequence(QStringLiteral("Ctrl+B"))) entry = action;
    }
    QVERIFY(entry != nullptr);
    QVERIFY(sidebar->isVisible() && entry->isChecked());
    window.resize(600, 500);
    QTRY_VERIFY(!sidebar->isVisible());
    QVERIFY(!entry->isChecked());
    entry->trigger();  // all the same, and once is enough
    QVERIFY(sidebar->isVisible() && entry->isChecked());
    entry->trigger();
    window.resize(1400, 900);
    QVERIFY(!sidebar->isVisible() && !entry->isChecked());
    entry->trigger();
    window.resize(600, 500);
    QVERIFY(!entry->isChecked());
    window.resize(1400, 900);
    QTRY_VERIFY(sidebar->isVisible());
    QVERIFY(entry->isChecked());
  }

  void theInspectorComesBackAsItWas() {
    MainWindow& window = m_test->window();
    window.resize(1400, 900);
    auto* tokens = m_test->part<QDockWidget>("dock-tokens");
    tokens->raise();
    QTRY_VERIFY(tokens->isVisible());
    const int width = tokens->width();
    window.resize(900, 600);
    QTRY_VERIFY(!tokens->isVisible());
    QTest::keyClick(&window, Qt::Key_I, Qt::ControlModifier);  // once is enough to see it all the same
    QTRY_VERIFY(tokens->isVisible());
    window.resize(1400, 900);
    QTRY_VERIFY(!tokens->visibleRegion().isEmpty());
    window.resizeDocks({tokens}, {width}, Qt::Horizontal);
    QTRY_COMPARE(tokens->width(), width);
    window.resize(900, 600);
    QTRY_VERIFY(!tokens->isVisible());
    window.resize(1400, 900);
    QTRY_VERIFY(tokens->isVisible());
    QTRY_VERIFY(!tokens->visibleRegion().isEmpty());  // the tab in front
    QCOMPARE(tokens->width(), width);
    QTest::keyClick(&window, Qt::Key_I, Qt::ControlModifier);
    QTRY_VERIFY(!tokens->isVisible());
    QTest::keyClick(&window, Qt::Key_I, Qt::ControlModifier);
    QTRY_VERIFY(!tokens->visibleRegion().isEmpty());
    QCOMPARE(tokens->width(), width);
  }

 private:
  QTemporaryDir m_directory;
  std::unique_ptr<TestWindow> m_test;
};

QTEST_MAIN(ControlsTest)
#include "controls_test.moc"
