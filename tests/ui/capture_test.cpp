// Inner values of recorded tokens, asked for through the engine as a view asks.
#include "ui/engine/engine_controller.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

const QStringList kPatterns{QStringLiteral("blk.0.attn.pattern"), QStringLiteral("blk.3.attn.pattern")};
const QVector<PromptMessage> kQuestion{{ChatRole::user, QStringLiteral("What is 12 + 7?")}};

}  // namespace

class CaptureTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    const WindowSetup setup = windowSetup({});
    m_engine = std::make_unique<EngineController>(setup.backends, setup.demoModel);
    connect(m_engine.get(), &EngineController::captured, this, [this](const auto& values) { m_results.append(values); });
    connect(m_engine.get(), &EngineController::captureProgress, this, [this] { ++m_progress; });
    connect(m_engine.get(), &EngineController::modelReady, this, [this] { m_ready = true; });
    connect(m_engine.get(), &EngineController::generationFinished, this, [this] { m_finished = true; });
    connect(m_engine.get(), &EngineController::tokensArrived, this, [this](const auto& batch) {
      for (const ChatToken& token : batch->tokens) m_answer.append(token.id);
    });
  }
  void cleanupTestCase() { m_engine.reset(); }

  void withoutAModelThereIsNothing() {
    const auto values = ask({1, kQuestion, {}, kPatterns});
    QVERIFY(values);
    QCOMPARE(values->error, QStringLiteral("No model is loaded."));
  }

  void aTextThatIsNotCachedIsRead() {
    ModelChoice choice;
    choice.path = kDemoModel;
    m_engine->open(choice);
    QVERIFY(QTest::qWaitFor([this] { return m_ready; }, kPatience));
    m_progress = 0;
    const auto values = ask({2, kQuestion, {}, kPatterns});
    QVERIFY(values);
    QVERIFY(m_progress > 0);
    checkPatterns(*values);
    QVERIFY(values->pieces.join(QString()).contains(QStringLiteral("What is 12 + 7?")));
  }

  void aTokenOfTheAnswerIsAskedWithoutReading() {
    GenerationRequest request;
    request.id = 3;
    request.messages = kQuestion;
    request.sampler.temperature = 0;
    m_engine->start(request);
    QVERIFY(QTest::qWaitFor([this] { return m_finished; }, kPatience));
    QVERIFY(m_answer.size() > 3);
    m_progress = 0;
    const auto first = ask({4, kQuestion, m_answer.mid(0, 2), kPatterns});
    const auto second = ask({5, kQuestion, m_answer.mid(0, 3), kPatterns});
    QVERIFY(first && second);
    QCOMPARE(m_progress, 0);
    checkPatterns(*first);
    checkPatterns(*second);
    QCOMPARE(second->pieces.size(), first->pieces.size() + 1);
  }

  void theNewestRequestIsAnswered() {
    m_results.clear();
    for (RequestId id = 10; id < 20; ++id) m_engine->capture({id, kQuestion, m_answer.mid(0, 2), kPatterns});
    QVERIFY(QTest::qWaitFor([this] { return !m_results.isEmpty() && m_results.last()->id == 19; }, kPatience));
    QVERIFY(m_results.size() < 10);
    checkPatterns(*m_results.last());
  }

  void anUnknownNameIsSaid() {
    const auto values = ask({20, kQuestion, {}, {QStringLiteral("blk.99.attn.pattern")}});
    QVERIFY(values);
    QCOMPARE(values->error, QStringLiteral("This model has no value named blk.99.attn.pattern."));
    QVERIFY(values->values.empty());
  }

 private:
  std::shared_ptr<const CapturedValues> ask(const CaptureRequest& request) {
    m_results.clear();
    m_engine->capture(request);
    const bool came = QTest::qWaitFor([&] { return !m_results.isEmpty() && m_results.last()->id == request.id; }, kPatience);
    return came ? m_results.last() : nullptr;
  }

  static void checkPatterns(const CapturedValues& values) {
    QCOMPARE(values.error, QString());
    QCOMPARE(values.names, kPatterns);
    QCOMPARE(values.values.size(), std::size_t{2});
    for (const Capture& pattern : values.values) {
      const auto length = static_cast<std::size_t>(values.pieces.size());
      QCOMPARE(pattern.shape.size(), std::size_t{3});
      QCOMPARE(pattern.shape[1], 1u);
      QCOMPARE(std::size_t{pattern.shape[2]}, length);
      QCOMPARE(pattern.data.size(), pattern.shape[0] * length);
      for (std::size_t head = 0; head < pattern.shape[0]; ++head) {
        double sum = 0;
        for (std::size_t i = 0; i < length; ++i) sum += static_cast<double>(pattern.data[head * length + i]);
        QVERIFY(qAbs(sum - 1) < 1e-4);
      }
    }
    QVERIFY(values.values[0].data != values.values[1].data);
  }

  std::unique_ptr<EngineController> m_engine;
  QVector<std::shared_ptr<const CapturedValues>> m_results;
  QVector<qint32> m_answer;
  int m_progress = 0;
  bool m_ready = false, m_finished = false;
};

QTEST_MAIN(CaptureTest)
#include "capture_test.moc"
