#include "ui/chat/chat_view.h"

#include <QAccessible>
#include <QAccessibleActionInterface>
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

#include "support/paths.h"
#include "ui/chat/chat_accessible.h"
#include "ui/chat/chat_document.h"
#include "ui/chat/find_bar.h"
#include "ui/chat/token_tip.h"

using namespace cutaway;

namespace {

ChatItem user(qint64 id, const QString& text) { return {id, ChatRole::user, text, {}, 1, 1, {}}; }

ChatItem answer(qint64 id, const QString& text) {
  return {id, ChatRole::assistant, text, {}, 1, 1, "9 tokens"};
}

ChatToken token(const QString& text, float probability = 0.5f) {
  return {.text = text,
          .id = 7,
          .probability = probability,
          .entropy = 1,
          .alternatives = {{text, probability}, {"other", 0.25f}}};
}

QVector<ChatItem> manyItems(int count) {
  QVector<ChatItem> items;
  for (int i = 0; i < count; ++i)
    items << (i % 2 ? answer(i, QStringLiteral(
                                    "Answer **%1** with `code`.\n\n- item\n- item\n\n```py\nx = %1\n```")
                                    .arg(i))
                    : user(i, QStringLiteral("Question %1\nof two lines").arg(i)));
  return items;
}

/// The point of the view where the action with this name of the row is drawn; the layout is that of the
/// view's own.
QPoint actionPoint(const ChatView& view, int row, const QString& name) {
  ChatDocument document;
  document.setStyle(ChatStyle(view.font()), view.viewport()->width());
  document.setItems(view.items());
  for (int i = 0; i < document.count(); ++i) document.layout(i);
  for (const ActionSpot& spot : document.layout(row).actions())
    if (spot.name == name) {
      const QPointF centre =
          spot.rect.center() + QPointF(0, document.topOf(row) + 8 - view.verticalScrollBar()->value());
      return centre.toPoint();
    }
  return {-1, -1};
}

QPoint textPoint(const ChatView& view, int row, int source) {
  ChatDocument document;
  document.setStyle(ChatStyle(view.font()), view.viewport()->width());
  document.setItems(view.items());
  for (int i = 0; i < document.count(); ++i) document.layout(i);
  const auto rects = document.layout(row).rectsOf(source, source + 1);
  if (rects.isEmpty()) return {-1, -1};
  const qreal top = document.topOf(row) + 8 - view.verticalScrollBar()->value();
  return (rects.first().center() + QPointF(0, top)).toPoint();
}

bool shows(ChatView& view, const QColor& colour) {
  const QImage image = view.viewport()->grab().toImage();
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      if (image.pixelColor(x, y).rgb() == colour.rgb()) return true;
  return false;
}

/// As shows(), for colours of text, which the edges of letters blend with what is under them.
bool showsNearly(ChatView& view, const QColor& colour) {
  const QImage image = view.viewport()->grab().toImage();
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const QColor pixel = image.pixelColor(x, y);
      const int distance = qAbs(pixel.red() - colour.red()) + qAbs(pixel.green() - colour.green()) +
                           qAbs(pixel.blue() - colour.blue());
      if (distance < 60) return true;
    }
  return false;
}

QVector<std::pair<QAccessible::Event, int>> g_events;
void recordEvent(QAccessibleEvent* event) { g_events << std::pair{event->type(), event->child()}; }

}  // namespace

class ChatViewTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    m_view = std::make_unique<ChatView>();
    m_view->resize(700, 500);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    m_view->setFocus();
  }
  void cleanup() { m_view.reset(); }

  void anAnswerWithoutVisibleTextSaysSo() {
    const QString hint = QStringLiteral("The answer has no visible text.");
    const QColor muted = Theme::instance().colours().mutedText;
    ChatItem empty = answer(2, "\n \n");
    empty.tokens = {token("\n "), token("\n")};
    empty.footer.clear();
    empty.streaming = true;
    m_view->setItems({empty});
    auto* list = QAccessible::queryAccessibleInterface(m_view.get());
    QCOMPARE(list->child(0)->text(QAccessible::Name), QStringLiteral("Model: "));
    const QImage streaming = m_view->viewport()->grab(QRect(0, 0, 700, 40)).toImage();
    m_view->finishItem(2, {});
    QVERIFY(showsNearly(*m_view, muted));
    QVERIFY(m_view->viewport()->grab(QRect(0, 0, 700, 40)).toImage() != streaming);
    QCOMPARE(list->child(0)->text(QAccessible::Name), QStringLiteral("Model: ") + hint);
    QCOMPARE(list->child(0)->text(QAccessible::Value), QString());
  }

  void mouseReachesEveryAction() {
    ChatItem second = answer(2, "Hello.\n\n```py\nx = 1\n```\nSee [this](https://a.b).");
    second.sibling = 2;
    second.siblings = 3;
    m_view->setItems({user(1, "Hi"), second});
    const auto click = [&](int row, const char* name) {
      const QPoint at = actionPoint(*m_view, row, name);
      QVERIFY2(at.x() >= 0, name);
      QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, at);
    };
    QSignalSpy copied(m_view.get(), &ChatView::copyRequested), edited(m_view.get(), &ChatView::editRequested),
        retried(m_view.get(), &ChatView::regenerateRequested),
        sibling(m_view.get(), &ChatView::siblingRequested), link(m_view.get(), &ChatView::linkActivated);
    click(1, "Copy message");
    QCOMPARE(copied.count(), 1);
    QCOMPARE(copied.at(0).at(0).toLongLong(), 2);
    QCOMPARE(QGuiApplication::clipboard()->text(), second.text);
    click(0, "Edit message");
    QCOMPARE(edited.at(0).at(0).toLongLong(), 1);
    click(1, "Answer again");
    QCOMPARE(retried.count(), 1);
    click(1, "Previous version");
    click(1, "Next version");
    QCOMPARE(sibling.count(), 2);
    QCOMPARE(sibling.at(0).at(1).toInt(), -1);
    QCOMPARE(sibling.at(1).at(1).toInt(), 1);
    click(1, "Copy code");
    QCOMPARE(QGuiApplication::clipboard()->text(), "x = 1\n");
    click(1, "Link to https://a.b");
    QCOMPARE(link.at(0).at(0).toString(), "https://a.b");
  }

  void anotherVersionKeepsThePlace() {
    auto items = manyItems(60);
    for (ChatItem& item : items) item.siblings = 2;
    m_view->setItems(items);
    QScrollBar* bar = m_view->verticalScrollBar();
    bar->setValue(bar->maximum() / 2);
    const int value = bar->value();
    items.resize(52);
    items.last().id = 1000;
    m_view->setItems(items);
    QCOMPARE(bar->value(), value);
    bar->setValue(0);
    QTest::keyClick(m_view.get(), Qt::Key_Down);  // the first message
    for (int i = 0; i < 3; ++i) QTest::keyClick(m_view.get(), Qt::Key_Right);
    QSignalSpy sibling(m_view.get(), &ChatView::siblingRequested);
    QTest::keyClick(m_view.get(), Qt::Key_Return);
    QCOMPARE(sibling.count(), 1);
    items[1].id = 2000;  // what follows it differs; the ring stays for the next key
    m_view->setItems(items);
    QTest::keyClick(m_view.get(), Qt::Key_Return);
    QCOMPARE(sibling.count(), 2);
    m_view->setItems(manyItems(60).mid(1));
    QCOMPARE(bar->value(), bar->maximum());
  }

  void siblingsEndAtTheirEnds() {
    ChatItem only = answer(1, "a");
    only.siblings = 2;
    m_view->setItems({only});
    QSignalSpy sibling(m_view.get(), &ChatView::siblingRequested);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, actionPoint(*m_view, 0, "Previous version"));
    QCOMPARE(sibling.count(), 0);
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, actionPoint(*m_view, 0, "Next version"));
    QCOMPARE(sibling.count(), 1);
  }

  void keysReachEveryAction() {
    m_view->setItems({user(1, "Hi"), answer(2, "Hello.")});
    QSignalSpy copied(m_view.get(), &ChatView::copyRequested), edited(m_view.get(), &ChatView::editRequested),
        retried(m_view.get(), &ChatView::regenerateRequested);
    QTest::keyClick(m_view.get(), Qt::Key_Up);  // what is last in sight
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QTest::keyClick(m_view.get(), Qt::Key_Return);
    QCOMPARE(copied.count(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QTest::keyClick(m_view.get(), Qt::Key_Space);
    QCOMPARE(retried.count(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Up);
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QTest::keyClick(m_view.get(), Qt::Key_Enter);
    QCOMPARE(edited.at(0).at(0).toLongLong(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Left);
    QTest::keyClick(m_view.get(), Qt::Key_Left);
    QTest::keyClick(m_view.get(), Qt::Key_Return);  // no action: the menu
    auto* menu = m_view->findChild<QMenu*>();
    QVERIFY(menu && menu->isVisible());
    QStringList entries;
    for (const QAction* action : menu->actions()) entries << action->text();
    for (const char* name : {"Copy", "Select all", "Copy message", "Edit message"})
      QVERIFY(entries.contains(name));
    menu->close();
  }

  void tabShowsWhereOneIs() {
    QWidget window;
    auto* field = new QLineEdit(&window);
    auto* view = new ChatView(&window);
    view->setGeometry(0, 40, 500, 300);
    view->setItems({user(1, "Hi"), answer(2, "Hello.")});
    window.resize(500, 340);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    field->setFocus();
    const QImage before = view->grab().toImage();
    QTest::keyClick(field, Qt::Key_Tab);
    QVERIFY(view->hasFocus());
    QVERIFY(view->grab().toImage() != before);
    QSignalSpy copied(view, &ChatView::copyRequested);
    QTest::keyClick(view, Qt::Key_Right);
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(copied.count(), 1);
  }

  void keysScroll() {
    m_view->setItems(manyItems(60));
    QScrollBar* bar = m_view->verticalScrollBar();
    QCOMPARE(bar->value(), bar->maximum());
    QTest::keyClick(m_view.get(), Qt::Key_PageUp);
    QVERIFY(bar->value() < bar->maximum() - 100);
    QTest::keyClick(m_view.get(), Qt::Key_Home);
    QCOMPARE(bar->value(), 0);
    QTest::keyClick(m_view.get(), Qt::Key_PageDown);
    QVERIFY(bar->value() > 100);
    QTest::keyClick(m_view.get(), Qt::Key_End);
    QCOMPARE(bar->value(), bar->maximum());
  }

  void selectionCrossesMessages() {
    m_view->setItems({user(1, "first line\nsecond"),
                      answer(2, "Some **bold** words.\n\n1. one\n2. two\n\n| a | b |\n|-|-|\n| c | d |")});
    QVERIFY(!m_view->hasSelection());
    m_view->selectAll();
    QCOMPARE(m_view->selectedText(),
             "first line\nsecond\n\nSome bold words.\n\n1. one\n2. two\n\na\tb\nc\td");
    QTest::keyClick(m_view.get(), Qt::Key_Escape);
    QVERIFY(!m_view->hasSelection());

    const QPoint from = textPoint(*m_view, 0, 11),
                 to = textPoint(*m_view, 1, 14);  // "s" of second, "e" ... "w"
    QTest::mousePress(m_view->viewport(), Qt::LeftButton, {}, from - QPoint(6, 0));
    QTest::mouseMove(m_view->viewport(), from + QPoint(20, 0));
    QTest::mouseMove(m_view->viewport(), to - QPoint(4, 0));
    QTest::mouseRelease(m_view->viewport(), Qt::LeftButton, {}, to - QPoint(4, 0));
    QCOMPARE(m_view->selectedText(), "second\n\nSome bold ");
    QTest::keySequence(m_view.get(), QKeySequence::Copy);
    QCOMPARE(QGuiApplication::clipboard()->text(), "second\n\nSome bold ");
    QCOMPARE(QString::fromUtf8(QGuiApplication::clipboard()->mimeData()->data("text/markdown")),
             "second\n\nSome **bold** ");
    QTest::keySequence(m_view.get(), QKeySequence::SelectAll);
    QVERIFY(m_view->selectedText().endsWith("c\td"));
  }

  void doubleClickTakesTheWordAndAThirdTheParagraph() {
    m_view->setItems({answer(1, "Some **bold words** here.\n\nMore.")});
    const QPoint at = textPoint(*m_view, 0, 8);
    QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(m_view->selectedText(), "bold");
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, at);
    QCOMPARE(m_view->selectedText(), "Some bold words here.");
  }

  void shiftArrowsSelectMessages() {
    m_view->setItems({user(1, "one"), answer(2, "two"), user(3, "three")});
    QTest::keyClick(m_view.get(), Qt::Key_Up);
    QTest::keyClick(m_view.get(), Qt::Key_Up);
    QTest::keyClick(m_view.get(), Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(m_view->selectedText(), "two\n\nthree");
  }

  void findCountsInWhatIsRead() {
    m_view->setItems(
        {user(1, "Apple and apple"), answer(2, "an **app**le, a pineapple and `APPLE`\n\n```\napple\n```")});
    QCOMPARE(m_view->find("apple", 0), 6);
    QCOMPARE(m_view->find("an app", 0), 1);  // across the marks of emphasis
    QCOMPARE(m_view->find("**", 0), 0);
    QCOMPARE(m_view->find("nothing", 0), 0);
    QCOMPARE(m_view->find({}, 0), 0);
    ChatItem streaming = answer(3, "");
    streaming.streaming = true;
    m_view->appendItem(streaming);
    m_view->appendTokens(3, {token("app"), token("le")});
    QCOMPARE(m_view->find("apple", 0), 7);
  }

  void findShowsTheMatch() {
    m_view->setItems(manyItems(400));
    QCOMPARE(m_view->find("answer 1 with", 0), 1);
    QVERIFY(m_view->verticalScrollBar()->value() < 400);
    QVERIFY(m_view->find("answer", 199) == 200);
    QVERIFY(m_view->verticalScrollBar()->value() > m_view->verticalScrollBar()->maximum() / 2);
  }

  void findBarCountsAndSteps() {
    m_view->setItems({user(1, "a b a"), answer(2, "A")});
    FindBar bar(m_view.get());
    bar.open();
    QVERIFY(bar.isVisible());
    auto* field = bar.findChild<QLineEdit*>();
    auto* count = bar.findChild<QLabel*>();
    QTest::keyClicks(field, "a");
    QCOMPARE(count->text(), "1 of 3");
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(count->text(), "2 of 3");
    QTest::keyClick(field, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClick(field, Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(count->text(), "3 of 3");
    QTest::keyClicks(field, "x");
    QCOMPARE(count->text(), "no matches");
    QSignalSpy closed(&bar, &FindBar::closed);
    QTest::keyClick(field, Qt::Key_Escape);
    QCOMPARE(closed.count(), 1);
    QVERIFY(!bar.isVisible());
  }

  void tokensAreHoveredAndClicked() {
    ChatItem item = answer(5, "Hello **dear** world");
    item.tokens = {token("Hello"), token(" **"), token("dear"), token("**"), token(" world", 0.01f)};
    m_view->setItems({item});
    m_view->setColouring(TokenColouring::probability);
    QSignalSpy hovered(m_view.get(), &ChatView::tokenHovered), clicked(m_view.get(), &ChatView::tokenClicked);
    QTest::mouseMove(m_view->viewport(), textPoint(*m_view, 0, 9));
    QCOMPARE(hovered.last().at(0).toLongLong(), 5);
    QCOMPARE(hovered.last().at(1).toInt(), 2);
    QTRY_VERIFY(m_view->findChild<TokenTip*>()->isVisible());
    QTest::mouseMove(m_view->viewport(), textPoint(*m_view, 0, 16));
    QCOMPARE(hovered.last().at(1).toInt(), 4);
    QTest::mouseMove(m_view->viewport(), QPoint(400, 400));
    QCOMPARE(hovered.last().at(1).toInt(), -1);
    QVERIFY(!m_view->findChild<TokenTip*>()->isVisible());
    QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, textPoint(*m_view, 0, 2));
    QCOMPARE(clicked.last().at(1).toInt(), 0);
  }

  void tokensMeetTheirTextWhereItWasTrimmed() {
    ChatDocument document;
    ChatItem trimmed = answer(1, "Hello you");  // of " Hello you<stop>" and the like
    trimmed.tokens = {token(" Hello"), token(" you")};
    ChatItem stopped = answer(2, "Hello");
    stopped.tokens = {token("Hello"), token("STOP")};
    ChatItem unknown = answer(3, "old ");
    unknown.streaming = true;
    document.setItems({trimmed, stopped, unknown});
    QCOMPARE(document.tokenStarts(0), (QVector<int>{0, 5, 9}));
    QCOMPARE(document.tokenStarts(1), (QVector<int>{0, 5, 5}));
    document.appendTokens(2, {token("new")});
    QCOMPARE(document.tokenStarts(2), (QVector<int>{4, 7}));
    QCOMPARE(document.tokenAt(2, 1), -1);
    QCOMPARE(document.tokenAt(2, 5), 0);
    QCOMPARE(document.tokenAt(1, 4), 0);
  }

  void surprisingTokensAreTinted() {
    ChatItem item = answer(5, "sure unsure");
    item.tokens = {token("sure", 1), token(" unsure", 0.001f)};
    m_view->setItems({item});
    const QColor strongest = Theme::instance().surprise(1);
    QVERIFY(!shows(*m_view, strongest));
    m_view->setColouring(TokenColouring::probability);
    QVERIFY(shows(*m_view, strongest));
    m_view->setColouring(TokenColouring::entropy);
    QVERIFY(!shows(*m_view, strongest));
    QVERIFY(shows(*m_view, Theme::instance().surprise(0.25f)));
  }

  void selectedTextIsReadable() {
    m_view->setItems({answer(1, "[a link of some length](u)")});
    const QColor accent = Theme::instance().colours().accent;  // the underline's, pure
    QVERIFY(showsNearly(*m_view, accent));
    m_view->selectAll();
    QVERIFY(!showsNearly(*m_view, accent));
    QVERIFY(shows(*m_view, Theme::instance().colours().selection));

    ChatItem surprising = answer(2, "[a link of some length](u)");  // tokens side by side
    for (const char* piece : {"[a", " li", "nk of", " some", " length", "](u)"})
      surprising.tokens << token(piece, 0.001f);
    m_view->setItems({surprising});
    QVERIFY(showsNearly(*m_view, accent));
    m_view->setColouring(TokenColouring::probability);
    QVERIFY(!showsNearly(*m_view, accent));
  }

  void appendingCostsTheOpenBlock() {
    ChatItem item = answer(1, {});
    item.streaming = true;
    m_view->setItems({item});
    const auto costOfNextToken = [&](const QString& text) {
      const LayoutCounters before = layoutCounters();
      m_view->appendTokens(1, {token(text)});
      QTest::qWait(20);
      m_view->viewport()->grab();
      const LayoutCounters after = layoutCounters();
      return LayoutCounters{after.messages - before.messages, after.blocks - before.blocks,
                            after.characters - before.characters};
    };
    const QString paragraph = "A paragraph of some *words* and more.\n\n";
    for (const int size : {20, 400}) {
      while (m_view->items().first().text.size() < paragraph.size() * size)
        m_view->appendTokens(1, {token(paragraph)});
      QTest::qWait(40);
      costOfNextToken("Start");
      const LayoutCounters cost = costOfNextToken(" more");
      QCOMPARE(cost.messages, 0);
      QVERIFY2(cost.blocks <= 1, qPrintable(QString::number(cost.blocks)));
      QVERIFY2(cost.characters <= 40, qPrintable(QString::number(cost.characters)));
      m_view->appendTokens(1, {token("\n\n")});
    }
    m_view->appendTokens(1, {token("```cpp\n")});
    for (int i = 0; i < 300; ++i) m_view->appendTokens(1, {token("int line = 1; // comment\n")});
    QTest::qWait(40);
    m_view->viewport()->grab();
    costOfNextToken("int");
    const LayoutCounters cost = costOfNextToken(" x");
    QCOMPARE(cost.blocks, 0);
    QVERIFY2(cost.characters <= 40, qPrintable(QString::number(cost.characters)));
  }

  void tokensWithinAFrameAreDrawnOnce() {
    ChatItem item = answer(1, {});
    item.streaming = true;
    m_view->setItems({item});
    QTest::qWait(40);
    const qint64 before = layoutCounters().blocks;
    for (int i = 0; i < 100; ++i) m_view->appendTokens(1, {token(" word")});
    QCOMPARE(layoutCounters().blocks, before);
    QTRY_COMPARE(layoutCounters().blocks, before + 1);
    QCOMPARE(m_view->items().first().tokens.size(), 100);
  }

  void twoThousandMessagesHoldFewLayouts() {
    const qint64 before = layoutCounters().messages;
    m_view->setItems(manyItems(2000));
    m_view->viewport()->grab();
    QVERIFY2(layoutCounters().messages - before < 40,
             qPrintable(QString::number(layoutCounters().messages - before)));
    QVERIFY(m_view->laidOutMessages() < 40);
    for (int i = 0; i < 300; ++i) QTest::keyClick(m_view.get(), Qt::Key_PageUp);
    QVERIFY(m_view->laidOutMessages() > 0 && m_view->laidOutMessages() < 80);
    QTest::keyClick(m_view.get(), Qt::Key_Home);
    QVERIFY(m_view->laidOutMessages() < 80);
    QCOMPARE(m_view->items().size(), 2000);
  }

  void scrollingUpKeepsWhatIsSeenInPlace() {
    m_view->setItems(manyItems(200));
    QScrollBar* bar = m_view->verticalScrollBar();
    bar->setValue(bar->maximum() / 2);
    for (int i = 0; i < 50; ++i) {
      const QImage before = m_view->viewport()->grab().toImage();
      const int distance = bar->value();
      bar->setValue(bar->value() - 30);
      const QImage after = m_view->viewport()->grab().toImage();
      // 30 pixels up, whatever estimates were corrected above: the picture moved down by 30.
      QVERIFY(distance > 0);
      QCOMPARE(after.copy(0, 230, 600, 200), before.copy(0, 200, 600, 200));
    }
  }

  void theEndIsFollowedUnlessTheReaderWentUp() {
    auto items = manyItems(40);
    ChatItem item = answer(1000, {});
    item.streaming = true;
    m_view->setItems(items << item);
    QScrollBar* bar = m_view->verticalScrollBar();
    for (int i = 0; i < 30; ++i) m_view->appendTokens(1000, {token("line\n\n")});
    QTest::qWait(40);
    QCOMPARE(bar->value(), bar->maximum());
    QTest::keyClick(m_view.get(), Qt::Key_PageUp);
    const int value = bar->value();
    for (int i = 0; i < 30; ++i) m_view->appendTokens(1000, {token("line\n\n")});
    QTest::qWait(40);
    m_view->finishItem(1000, "done");
    QCOMPARE(bar->value(), value);
    QTest::keyClick(m_view.get(), Qt::Key_End);
    QCOMPARE(bar->value(), bar->maximum());
  }

  void itemsComeAndGo() {
    m_view->setItems(manyItems(6));
    m_view->removeItemsFrom(4);
    QCOMPARE(m_view->items().size(), 4);
    m_view->removeItemsFrom(99);
    QCOMPARE(m_view->items().size(), 4);
    m_view->replaceItem(answer(3, "replaced"));
    QCOMPARE(m_view->items().last().text, "replaced");
    m_view->selectAll();
    QVERIFY(m_view->selectedText().endsWith("replaced"));
    m_view->removeItemsFrom(0);
    QVERIFY(m_view->items().isEmpty());
    QVERIFY(!m_view->hasSelection());
    m_view->viewport()->grab();
  }

  void emptyTextOffersItsLinks() {
    m_view->setEmptyText("No chat yet. [Open a model](cutaway:open)");
    QSignalSpy link(m_view.get(), &ChatView::linkActivated);
    QTest::keyClick(m_view.get(), Qt::Key_Right);
    QTest::keyClick(m_view.get(), Qt::Key_Return);
    QCOMPARE(link.count(), 1);
    QCOMPARE(link.at(0).at(0).toString(), "cutaway:open");
  }

  void wideCodeScrollsSideways() {
    const ChatItem item = answer(1, "```\n" + QString("x").repeated(400) + "\n```");
    MessageLayout layout(item, ChatStyle(m_view->font()), 400);
    const QRectF before = layout.rectsOf(4, 5).first();
    QVERIFY(layout.rectsOf(4, 404).first().width() > 400);
    QVERIFY(layout.scrollSideways(before.center(), 50));
    QCOMPARE(layout.rectsOf(4, 5).first().left(), before.left() - 50);
    QVERIFY(layout.scrollSideways(before.center(), 1e6));
    QVERIFY(!layout.scrollSideways(before.center(), 50));
  }

  void growingLooksAsIfMadeAtOnce() {
    QFile file(QString::fromStdString(test::projectFile("tests/oracles/markdown/markdown.json")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonArray cases = QJsonDocument::fromJson(file.readAll()).array();
    QVERIFY(!cases.isEmpty());
    const ChatStyle style(m_view->font());
    for (const QJsonValue& entry : cases) {
      const QString text = entry["source"].toString();
      ChatItem item = answer(1, {});
      item.streaming = true;
      MessageLayout growing(item, style, 300);
      for (int length = 1; length <= text.size(); length += 1 + length % 3) {
        item.text = text.left(length);
        growing.update(item);
        MessageLayout whole(item, style, 300);
        QVERIFY2(growing.height() == whole.height(), qPrintable(item.text));
        QVERIFY2(growing.rectsOf(0, length) == whole.rectsOf(0, length), qPrintable(item.text));
        QCOMPARE(growing.actions().size(), whole.actions().size());
      }
      item.text = text;
      item.streaming = false;
      growing.update(item);
      MessageLayout whole(item, style, 300);
      QVERIFY2(growing.rectsOf(0, int(text.size())) == whole.rectsOf(0, int(text.size())), qPrintable(text));
    }
  }

  void everyWidthWorks() {
    const ChatItem item = answer(
        1, "# Title\n\n| a | long header of a column |\n|-|-|\n| " + QString("word ").repeated(30) +
               "| x |\n\n> 1. - deep\n>      - deeper\n\n```\ncode\n```\n" + QString("w").repeated(300));
    for (int width : {1, 60, 160, 320, 760, 3000}) {
      MessageLayout layout(item, ChatStyle(m_view->font()), width);
      QVERIFY(layout.height() > 0);
      for (const QRectF& rect : layout.rectsOf(0, int(item.text.size()))) QVERIFY(rect.height() > 0);
    }
  }

  void screenReadersGetMessagesAndActions() {
    setAccessibleSender(recordEvent);
    ChatItem streaming = answer(2, {});
    streaming.streaming = true;
    m_view->setItems({user(1, "Hi"), streaming});
    QAccessibleInterface* list = QAccessible::queryAccessibleInterface(m_view.get());
    QVERIFY(list);
    QCOMPARE(list->role(), QAccessible::List);
    QCOMPARE(list->childCount(), 2);
    QCOMPARE(list->child(0)->text(QAccessible::Name), "You: Hi");
    QVERIFY(list->child(1)->state().busy);
    g_events.clear();
    m_view->appendTokens(2, {token("A **bold** answer")});
    m_view->finishItem(2, "4 tokens");
    QCOMPARE(list->child(1)->text(QAccessible::Name), "Model: A bold answer");
    QCOMPARE(list->child(1)->text(QAccessible::Description), "4 tokens");
    QVERIFY(g_events.contains(std::pair{QAccessible::Alert, 1}));
    QVERIFY(!list->child(1)->rect().isEmpty());
    QCOMPARE(list->indexOfChild(list->child(1)), 1);
    auto* actions = list->child(1)->actionInterface();
    QVERIFY(actions->actionNames().contains("Answer again"));
    QSignalSpy retried(m_view.get(), &ChatView::regenerateRequested);
    actions->doAction("Answer again");
    QCOMPARE(retried.count(), 1);
    QTest::keyClick(m_view.get(), Qt::Key_Up);
    QVERIFY(g_events.contains(std::pair{QAccessible::Focus, 1}));
    setAccessibleSender(QAccessible::updateAccessibility);
  }

  void tokensAreWalkedByKey() {
    setAccessibleSender(recordEvent);
    ChatItem walked = answer(2, "One two three");
    walked.tokens = {token("One"), token(" two"), token(" three")};
    m_view->setItems({user(1, "Hi"), walked, user(3, "Ha")});
    QSignalSpy clicked(m_view.get(), &ChatView::tokenClicked);
    connect(m_view.get(), &ChatView::tokenClicked, m_view.get(), &ChatView::setSelectedToken);
    const auto walk = [&](Qt::Key key, Qt::KeyboardModifier modifier, int expected) {
      g_events.clear();
      clicked.clear();
      QTest::keyClick(m_view.get(), key, modifier);
      QCOMPARE(clicked.count(), 1);
      QCOMPARE(clicked[0][0].toLongLong(), 2);
      QCOMPARE(clicked[0][1].toInt(), expected);
      const auto* tip = m_view->findChild<TokenTip*>();
      QCOMPARE(tip->isVisible(), expected >= 0);
      if (expected < 0) return;
      QVERIFY(tip->accessibleName().contains(tokenLabel(m_view->items()[1].tokens[expected].text)));
      QVERIFY(std::ranges::any_of(g_events, [](const auto& event) { return event.first == QAccessible::Alert; }));
    };
    walk(Qt::Key_Right, Qt::ControlModifier, 0);
    walk(Qt::Key_Right, Qt::ControlModifier, 1);
    m_view->setColouring(TokenColouring::probability);
    walk(Qt::Key_Right, Qt::NoModifier, 2);
    walk(Qt::Key_Left, Qt::NoModifier, 1);
    walk(Qt::Key_Escape, Qt::NoModifier, -1);
    walk(Qt::Key_Left, Qt::NoModifier, 2);
    clicked.clear();
    QTest::keyClick(m_view.get(), Qt::Key_Right);  // there is no further one
    QCOMPARE(clicked.count(), 0);
    setAccessibleSender(QAccessible::updateAccessibility);
  }

  void tokensAreDescribed() {
    QCOMPARE(tokenLabel(" a\n\tb"), QStringLiteral("␣a⏎⇥b"));
    QVERIFY(!tokenLabel({}).isEmpty());
    QCOMPARE(percentText(0.0001f), "< 0.1 %");
    QVERIFY(describeToken(token(" x")).contains(QStringLiteral("␣x")));
    QVERIFY(describeToken(token(" x")).contains("other"));
  }

 private:
  std::unique_ptr<ChatView> m_view;
};

QTEST_MAIN(ChatViewTest)
#include "chat_view_test.moc"
