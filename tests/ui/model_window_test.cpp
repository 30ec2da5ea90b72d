// Models in the real window: opening, bad files, dropping, cancelling, memory, closing, killing and starting again.
#include <QComboBox>
#include <QDropEvent>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <csignal>
#include <sys/types.h>

#include "ui/theme.h"
#include "ui/window/actions.h"
#include "ui/window/fit_dialog.h"
#include "ui/window/loading_strip.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;
using namespace std::chrono_literals;

namespace {

constexpr Slowness kSlow{.step = 25ms, .upload = 0ms, .cacheLimit = 0};
const QString kStory = QStringLiteral("Tell me a story about a fox");
constexpr const char* kChildArgument = "--write-until-killed";

void dropFile(QWidget& target, const QString& path) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(path)});
  const QPointF at(target.rect().center());
  QDragEnterEvent enter(at.toPoint(), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&target, &enter);
  QVERIFY(enter.isAccepted());
  QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&target, &drop);
  QVERIFY(drop.isAccepted());
}

}  // namespace

class ModelWindowTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { m_directory = std::make_unique<QTemporaryDir>(); }

  void opensADroppedFileAndRemembersIt() {
    const QString file = path(QStringLiteral("My model.gguf"));
    QVERIFY(QFile::copy(demoFile(), file));
    {
      TestWindow test(data());
      QVERIFY(test.waitReady());
      dropFile(test.input(), file);
      QTRY_VERIFY_WITH_TIMEOUT(test.part<QLabel>("welcomeText")->text().contains(QStringLiteral("million")), kPatience);
      QVERIFY(test.waitReady());
      QVERIFY(test.input().toPlainText().isEmpty());
      QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
      QCOMPARE(test.lastItem().text, QStringLiteral("12 + 7 = 19."));
    }
    TestWindow again(data());
    QVERIFY(again.waitReady());
    QVERIFY(again.part<QWidget>("view-model")->findChild<QLabel*>(QStringLiteral("modelTitle")) != nullptr);
    QFile::remove(file);
    QVERIFY(again.close());
    TestWindow without(data());
    QVERIFY(without.waitNotice());
    QVERIFY2(without.notice().contains(QStringLiteral("My model.gguf")), qPrintable(without.notice()));
    QVERIFY(without.waitReady());  // on the demo model
  }

  void aBadFileIsExplainedAndTheModelStays_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("text") << QByteArray("this is no model");
    QTest::newRow("empty") << QByteArray();
    QFile demo(demoFile());
    QVERIFY(demo.open(QIODevice::ReadOnly));
    QTest::newRow("cut short") << demo.read(100'000);
  }

  void aBadFileIsExplainedAndTheModelStays() {
    QFETCH(QByteArray, bytes);
    const QString bad = path(QStringLiteral("bad.gguf"));
    QFile file(bad);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    TestWindow test(data());
    QVERIFY(test.waitReady());
    dropFile(test.view(), bad);
    QVERIFY(test.waitNotice());
    QVERIFY2(test.notice().contains(QStringLiteral("bad.gguf")), qPrintable(test.notice()));
    QVERIFY(test.waitReady());
    QVERIFY(test.status().contains(QStringLiteral("Demo 5M")));
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
    QCOMPARE(test.lastItem().text, QStringLiteral("12 + 7 = 19."));
  }

  void loadingShowsMemoryAndCanBeCancelled() {
    TestWindow test(data(), {.step = 0ms, .upload = 5000ms, .cacheLimit = 0});
    auto* strip = test.window().findChild<LoadingStrip*>();
    QVERIFY(strip->isVisible());
    auto* detail = test.part<QLabel>("loadingDetail");
    QTRY_VERIFY_WITH_TIMEOUT(detail->text().contains(QStringLiteral("weights")), kPatience);
    QVERIFY(!test.window().isReady());
    QTest::mouseClick(test.part<QPushButton>("cancelLoading"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!strip->isVisible(), kPatience);
    QVERIFY(!test.window().isReady());
    QVERIFY(test.notice().contains(QStringLiteral("cancelled")));
  }

  void aContextThatIsTooLargeLeadsToTheChoice() {
    TestWindow test(data(), {.step = 0ms, .upload = 0ms, .cacheLimit = 1 << 20});  // 512 tokens in F16 take 1.5 MiB
    QVERIFY(test.waitNotice());
    QVERIFY2(test.notice().contains(QStringLiteral("The cache needs")), qPrintable(test.notice()));
    QTest::mouseClick(test.part<QPushButton>("noticeAction"), Qt::LeftButton);
    auto* dialog = test.window().findChild<FitDialog*>();
    QVERIFY(dialog != nullptr);
    QTRY_VERIFY_WITH_TIMEOUT(dialog->findChild<QSlider*>()->isEnabled(), kPatience);
    dialog->findChild<QSlider*>()->setValue(2);
    auto* load = dialog->findChild<QPushButton*>(QStringLiteral("fitLoad"));
    QTRY_VERIFY_WITH_TIMEOUT(load->isEnabled(), kPatience);
    QTest::mouseClick(load, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(test.status().contains(QStringLiteral("/ 128")), kPatience);
  }

  void saysWhatFitsBeforeLoading() {
    TestWindow test(data());
    QVERIFY(test.waitReady());
    FitDialog dialog(ModelChoice{demoFile()}, {QStringLiteral("device")}, &test.window());
    FitReport report;
    report.choice = dialog.choice();
    report.card.contextLength = 8192;
    report.context = 4096;
    report.need = {.weights = 900, .cache = 200, .scratch = 0, .capture = 0, .archive = 0, .available = 1000};
    report.longestContext = 2048;
    dialog.showReport(report);
    auto* load = dialog.findChild<QPushButton*>(QStringLiteral("fitLoad"));
    auto* verdict = dialog.findChild<QLabel*>(QStringLiteral("fitVerdict"));
    QVERIFY(!load->isEnabled());
    QVERIFY2(verdict->text().contains(QLocale().toString(2048)), qPrintable(verdict->text()));
    QSignalSpy wanted(&dialog, &FitDialog::estimateWanted);
    dialog.findChild<QSlider*>()->setValue(16);
    QCOMPARE(wanted.size(), 1);
    QCOMPARE(wanted[0][0].value<ModelChoice>().context, 1024u);
    report.need.cache = 50;
    report.context = 1024;
    dialog.showReport(report);
    QVERIFY(load->isEnabled());
  }

  void closingWhileGeneratingKeepsTheText() {
    QString text;
    {
      TestWindow test(data(), kSlow);
      QVERIFY(test.waitReady());
      QVERIFY(test.type(kStory));
      QVERIFY(test.waitTokens(4));
      QVERIFY(test.close());
      text = test.lastItem().text;
    }
    TestWindow again(data());
    QTRY_COMPARE_WITH_TIMEOUT(again.view().items().size(), 2, kPatience);
    QCOMPARE(again.view().items()[0].text, kStory);
    QVERIFY(!again.lastItem().text.isEmpty());
    QCOMPARE(again.lastItem().text, text);
    QVERIFY2(again.lastItem().footer.contains(QStringLiteral("stopped")), qPrintable(again.lastItem().footer));
  }

  void killedWhileGeneratingComesBack() {
    QProcess child;
    child.start(QCoreApplication::applicationFilePath(), {QLatin1String(kChildArgument), data()});
    QVERIFY(child.waitForStarted());
    QVERIFY(child.waitForReadyRead(kPatience));  // said after a second of tokens
    ::kill(static_cast<pid_t>(child.processId()), SIGKILL);
    QVERIFY(child.waitForFinished());
    QCOMPARE(child.exitStatus(), QProcess::CrashExit);
    TestWindow again(data());
    QTRY_COMPARE_WITH_TIMEOUT(again.view().items().size(), 2, kPatience);
    QCOMPARE(again.view().items()[0].text, kStory);
    QVERIFY(!again.lastItem().text.isEmpty());
    QVERIFY(!again.lastItem().tokens.isEmpty());
    QVERIFY2(again.lastItem().footer.contains(QStringLiteral("interrupted")), qPrintable(again.lastItem().footer));
    QVERIFY(again.notice().isEmpty());
    QVERIFY(again.waitReady());
    QVERIFY(again.ask(QStringLiteral("What is 12 + 7?")));
  }

  void aModelWithoutTemplateSaysWhatItDoes() {
    const auto file = sharedFile("models/stories260K-f32.gguf");
    if (!file) QSKIP("../shared/models/stories260K-f32.gguf is not there");
    TestWindow test(data());
    QVERIFY(test.waitReady());
    dropFile(test.input(), QString::fromStdString(*file));
    QTRY_VERIFY_WITH_TIMEOUT(test.notice().contains(QStringLiteral("no chat template")), kPatience);
    QVERIFY(test.waitReady());
    QVERIFY(test.input().placeholderText().startsWith(QStringLiteral("Write")));
    auto* choice = test.part<QComboBox>("templateChoice");
    const int chatml = choice->findData(QStringLiteral("chatml"));
    QVERIFY(chatml > 0);
    choice->setCurrentIndex(chatml);
    Q_EMIT choice->activated(chatml);
    QTRY_VERIFY_WITH_TIMEOUT(choice->currentData().toString() == QLatin1String("chatml"), kPatience);
    QVERIFY(test.ask(QStringLiteral("Once upon a time")));
    QVERIFY(!test.lastItem().text.isEmpty());
  }

  void settingsAreRemembered() {
    {
      TestWindow test(data());
      QVERIFY(test.waitReady());
      auto* topP = test.part<QDoubleSpinBox>("topP");
      topP->setFocus();
      topP->selectAll();
      QTest::keyClicks(topP, QStringLiteral("0.5"));
      QTest::keyClick(topP, Qt::Key_Return);
      QCOMPARE(topP->value(), 0.5);
      auto* prompt = test.part<QPlainTextEdit>("systemPrompt");
      QCOMPARE(test.part<QComboBox>("cacheFormat")->currentText(), QStringLiteral("F16"));
      QTest::keyClicks(prompt, QStringLiteral("Be brief."));
      QTest::keyClick(&test.window(), Qt::Key_F11, Qt::ControlModifier);
      QTest::keyClick(&test.window(), Qt::Key_F6, Qt::ControlModifier);
      QVERIFY(Theme::instance().isDark());
      test.window().resize(1111, 777);
      QTest::qWait(600);  // the system prompt's pause
    }
    Theme::instance().setChoice(ThemeChoice::light);
    TestWindow again(data());
    QVERIFY(again.waitReady());
    QCOMPARE(again.part<QDoubleSpinBox>("topP")->value(), 0.5);
    QCOMPARE(again.part<QPlainTextEdit>("systemPrompt")->toPlainText(), QStringLiteral("Be brief."));
    QCOMPARE(again.part<QComboBox>("cacheFormat")->currentText(), QStringLiteral("F16"));
    QVERIFY(Theme::instance().isDark());
    QVERIFY(again.view().colouring() == TokenColouring::probability);
    QCOMPARE(again.part<QComboBox>("colouring")->currentIndex(), 1);
    Theme::instance().setChoice(ThemeChoice::light);
  }

  void aDamagedDatabaseIsSaidAndSetAside() {
    QVERIFY(QDir().mkpath(data()));
    QFile file(data() + QStringLiteral("/conversations.sqlite"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(10'000, '?'));
    file.close();
    TestWindow test(data());
    QVERIFY(test.waitNotice());
    QVERIFY2(test.notice().contains(QStringLiteral("damaged")), qPrintable(test.notice()));
    QVERIFY(test.waitReady());
    QVERIFY(test.ask(QStringLiteral("What is 12 + 7?")));
  }

 private:
  QString path(const QString& name) const { return m_directory->filePath(name); }
  QString data() const { return path(QStringLiteral("data")); }

  std::unique_ptr<QTemporaryDir> m_directory;
};

namespace {

/// The child of killedWhileGeneratingComesBack(): writes slowly, says so once, and goes on until it is killed.
int writeUntilKilled(const QString& directory) {
  TestWindow test(directory, {.step = 150ms, .upload = 0ms, .cacheLimit = 0});
  if (!test.waitReady() || !test.type(kStory) || !test.waitTokens(8)) return 1;
  std::puts("writing");
  std::fflush(stdout);
  QTest::qWait(kPatience);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  const QStringList arguments = QCoreApplication::arguments();
  if (arguments.value(1) == QLatin1String(kChildArgument)) return writeUntilKilled(arguments.value(2));
  ModelWindowTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "model_window_test.moc"
