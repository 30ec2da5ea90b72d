#include "ui/chat/composer.h"

#include <QInputMethodEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace cutaway;

class ComposerTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    m_composer = std::make_unique<Composer>();
    m_composer->resize(500, 60);
    m_composer->show();
    m_input = m_composer->findChild<QPlainTextEdit*>();
    m_button = m_composer->findChild<QPushButton*>();
    QVERIFY(m_input && m_button);
    m_input->setFocus();
  }
  void cleanup() { m_composer.reset(); }

  void enterSends() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClick(m_input, Qt::Key_Return);
    QCOMPARE(sent.count(), 0);  // nothing to send
    QTest::keyClicks(m_input, "  ");
    QTest::keyClick(m_input, Qt::Key_Return);
    QCOMPARE(sent.count(), 0);  // blank
    QVERIFY(!m_button->isEnabled());
    QTest::keyClicks(m_input, "hello");
    QTest::keyClick(m_input, Qt::Key_Enter);
    QCOMPARE(sent.count(), 1);
    QCOMPARE(sent.at(0).at(0).toString(), QStringLiteral("  hello"));
  }

  void shiftEnterBreaksTheLine() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClicks(m_input, "a");
    QTest::keyClick(m_input, Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(m_input, "b");
    QCOMPARE(sent.count(), 0);
    QCOMPARE(m_composer->text(), QStringLiteral("a\nb"));
  }

  void escapeStopsOrLeavesEditing() {
    QSignalSpy stopped(m_composer.get(), &Composer::stopRequested);
    QSignalSpy left(m_composer.get(), &Composer::editingCancelled);
    QTest::keyClick(m_input, Qt::Key_Escape);
    QCOMPARE(stopped.count() + left.count(), 0);
    m_composer->setEditing("Editing a message");
    QVERIFY(m_composer->isEditing());
    m_composer->setBusy(true);
    QTest::keyClick(m_input, Qt::Key_Escape);
    QCOMPARE(stopped.count(), 1);
    QCOMPARE(left.count(), 0);
    m_composer->setBusy(false);
    QTest::keyClick(m_input, Qt::Key_Escape);
    QCOMPARE(left.count(), 1);
    auto* leave = m_composer->findChild<QToolButton*>("composerLeaveEditing");
    QVERIFY(leave->isVisible());
    QTest::mouseClick(leave, Qt::LeftButton);
    QCOMPARE(left.count(), 2);
    m_composer->setEditing({});
    QVERIFY(!leave->isVisible());
  }

  void busyMeansStop() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QSignalSpy stopped(m_composer.get(), &Composer::stopRequested);
    m_composer->setText("typed ahead");
    m_composer->setBusy(true);
    QTest::keyClick(m_input, Qt::Key_Return);
    QCOMPARE(sent.count(), 0);
    QCOMPARE(m_button->text(), QStringLiteral("Stop"));
    QTest::mouseClick(m_button, Qt::LeftButton);
    QCOMPARE(stopped.count(), 1);
    m_composer->setBusy(false);
    QTest::mouseClick(m_button, Qt::LeftButton);
    QCOMPARE(sent.count(), 1);
  }

  void aNarrowFieldShortensItsPlaceholder() {
    const QString whole = QStringLiteral("Write a message… Enter sends, Shift+Enter breaks the line");
    const int width = m_composer->width();
    m_composer->setReady(true, whole);
    const auto room = [this] { return m_input->viewport()->width(); };
    const auto needed = [this](const QString& text) { return m_input->fontMetrics().horizontalAdvance(text); };
    const int beside = width - room();
    m_composer->resize(needed(whole) + beside + 40, m_composer->height());
    QTRY_COMPARE(m_input->placeholderText(), whole);
    m_composer->resize(needed(whole) + beside - 10, m_composer->height());
    QTRY_COMPARE(m_input->placeholderText(), QStringLiteral("Write a message…"));
    m_composer->resize(needed(QStringLiteral("Write a message…")) + beside - 10, m_composer->height());
    QTRY_VERIFY(m_input->placeholderText().size() < 16);
    QVERIFY(needed(m_input->placeholderText()) <= room());
    m_composer->resize(width, m_composer->height());
  }

  void notReadySendsNothing() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    m_composer->setReady(false, "Loading the demo model...");
    QCOMPARE(m_input->placeholderText(), QStringLiteral("Loading the demo model..."));
    QTest::keyClicks(m_input, "early");
    QTest::keyClick(m_input, Qt::Key_Return);
    QVERIFY(!m_button->isEnabled());
    QCOMPARE(sent.count(), 0);
    m_composer->setReady(true);
    QTest::keyClick(m_input, Qt::Key_Return);
    QCOMPARE(sent.count(), 1);
  }

  void enterWhileComposingBelongsToTheInputMethod() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QInputMethodEvent composing(QStringLiteral("にほ"), {});
    QCoreApplication::sendEvent(m_input, &composing);
    QTest::keyClick(m_input, Qt::Key_Return);
    QCOMPARE(sent.count(), 0);
    QInputMethodEvent done;
    done.setCommitString(QStringLiteral("日本"));
    QCoreApplication::sendEvent(m_input, &done);
    QTest::keyClick(m_input, Qt::Key_Return);
    QCOMPARE(sent.count(), 1);
    QVERIFY(sent.at(0).at(0).toString().contains(QStringLiteral("日本")));
  }

  void upInAnEmptyFieldAsksForTheLastMessage() {
    QSignalSpy asked(m_composer.get(), &Composer::editLastRequested);
    QTest::keyClicks(m_input, "x");
    QTest::keyClick(m_input, Qt::Key_Up);
    QCOMPARE(asked.count(), 0);
    QTest::keyClick(m_input, Qt::Key_Backspace);
    QTest::keyClick(m_input, Qt::Key_Up);
    QCOMPARE(asked.count(), 1);
  }

  void growsToEightLines() {
    const int one = m_input->height();
    m_composer->setText("a\nb\nc");
    const int three = m_input->height();
    QVERIFY(three > 2 * one);
    m_composer->setText(QString("x\n").repeated(8 - 1) + "x");
    const int eight = m_input->height();
    m_composer->setText(QString("x\n").repeated(50));
    QCOMPARE(m_input->height(), eight);
    QVERIFY(eight > 2 * three);
    m_composer->setText({});
    QCOMPARE(m_input->height(), one);
  }

  void everythingHasAName() {
    QVERIFY(!m_input->accessibleName().isEmpty());
    QVERIFY(!m_button->accessibleName().isEmpty());
    QVERIFY(!m_composer->findChild<QToolButton*>("composerLeaveEditing")->accessibleName().isEmpty());
  }

 private:
  std::unique_ptr<Composer> m_composer;
  QPlainTextEdit* m_input = nullptr;
  QPushButton* m_button = nullptr;
};

QTEST_MAIN(ComposerTest)
#include "composer_test.moc"
