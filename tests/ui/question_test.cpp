// Questions about recorded tokens, asked through the engine as a view asks.
#include "core/inspect/recall.h"
#include "ui/engine/engine_controller.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

const QString kAsker = QStringLiteral("test");
const QStringList kPatterns{QStringLiteral("blk.0.attn.pattern"), QStringLiteral("blk.3.attn.pattern")};
const QVector<PromptMessage> kQuestion{{ChatRole::user, QStringLiteral("What is 12 + 7?")}};

/// Reads tokens one by one into a session of its own.
class CountingInquiry : public Inquiry {
 public:
  explicit CountingInquiry(std::uint32_t count) : m_count(count) {}
  std::uint32_t ownContext() const override { return m_count; }
  Result<bool> step(Session& session) override {
    if (held == 0) TRY(session.rewind({}));
    const TokenId token = 5;
    TRY(session.step({&token, 1}, {}));
    held = static_cast<std::uint32_t>(session.tokens().size());
    return held < m_count;
  }
  double progress() const override { return static_cast<double>(held) / m_count; }

  std::uint32_t held = 0;

 private:
  std::uint32_t m_count;
};

/// Notes the edits that it finds in a session of its own, and leaves one there.
class EditingInquiry : public Inquiry {
 public:
  std::uint32_t ownContext() const override { return 8; }
  Result<bool> step(Session& session) override {
    found.push_back(session.edits().size());
    Edit edit;
    edit.value = session.model().description->graph().find("embed");
    TRY(session.setEdits(std::make_shared<const Edits>(1, edit)));
    return found.size() < 2;
  }
  double progress() const override { return static_cast<double>(found.size()) / 2; }

  std::vector<std::size_t> found;
};

}  // namespace

class QuestionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    const WindowSetup setup = windowSetup({});
    m_engine = std::make_unique<EngineController>(setup.backends, setup.demoModel);
    connect(m_engine.get(), &EngineController::answered, this, [this](const auto& answer) { m_results.append(answer); });
    connect(m_engine.get(), &EngineController::questionProgress, this, [this] { ++m_progress; });
    connect(m_engine.get(), &EngineController::modelReady, this, [this] { m_ready = true; });
    connect(m_engine.get(), &EngineController::generationFinished, this, [this] { m_finished = true; });
    connect(m_engine.get(), &EngineController::tokensArrived, this, [this](const auto& batch) {
      for (const ChatToken& token : batch->tokens) m_answer.append(token.id);
    });
  }
  void cleanupTestCase() { m_engine.reset(); }

  void withoutAModelThereIsNothing() {
    const auto values = ask(1, {});
    QVERIFY(values);
    QCOMPARE(values->error, QStringLiteral("No model is loaded."));
  }

  void aTextThatIsNotCachedIsRead() {
    ModelChoice choice;
    choice.path = kDemoModel;
    m_engine->open(choice);
    QVERIFY(QTest::qWaitFor([this] { return m_ready; }, kPatience));
    m_progress = 0;
    const auto values = ask(2, {});
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
    const auto first = ask(4, m_answer.mid(0, 2));
    const auto second = ask(5, m_answer.mid(0, 3));
    QVERIFY(first && second);
    QCOMPARE(m_progress, 0);
    checkPatterns(*first);
    checkPatterns(*second);
    QCOMPARE(second->pieces.size(), first->pieces.size() + 1);
  }

  void theNewestRequestIsAnswered() {
    m_results.clear();
    for (RequestId id = 10; id < 20; ++id) m_engine->ask({id, kAsker, kQuestion, m_answer.mid(0, 2), recallOf(kPatterns)});
    QVERIFY(QTest::qWaitFor([this] { return !m_results.isEmpty() && m_results.last()->id == 19; }, kPatience));
    QVERIFY(m_results.size() < 10);
    checkPatterns(*m_results.last());
  }

  void aQuestionOfItsOwnLeavesTheChatsCacheAlone() {
    const auto own = ask(30, m_answer.mid(0, 3), [](const Model&, std::vector<TokenId>) -> Result<std::unique_ptr<Inquiry>> {
      return std::make_unique<CountingInquiry>(12);
    });
    QVERIFY(own && own->inquiry);
    QCOMPARE(dynamic_cast<const CountingInquiry&>(*own->inquiry).held, 12u);
    m_progress = 0;
    const auto after = ask(31, m_answer.mid(0, 3));
    QVERIFY(after);
    QCOMPARE(m_progress, 0);  // nothing was read again
    checkPatterns(*after);
  }

  void aQuestionOfItsOwnFindsNoEditsOfTheOneBefore() {
    const auto make = [](const Model&, std::vector<TokenId>) -> Result<std::unique_ptr<Inquiry>> {
      return std::make_unique<EditingInquiry>();
    };
    for (const RequestId id : {35, 36}) {
      const auto answer = ask(id, m_answer.mid(0, 3), make);
      QVERIFY(answer && answer->inquiry);
      QCOMPARE(dynamic_cast<const EditingInquiry&>(*answer->inquiry).found, (std::vector<std::size_t>{0, 1}));
    }
  }

  void aDroppedQuestionIsNotAnswered() {
    m_results.clear();
    m_engine->ask({40, kAsker, kQuestion, {}, [](const Model&, std::vector<TokenId>) -> Result<std::unique_ptr<Inquiry>> {
                     return std::make_unique<CountingInquiry>(200);
                   }});
    m_engine->dropQuestion(kAsker);
    m_engine->ask({41, QStringLiteral("other"), kQuestion, {}, recallOf(kPatterns)});
    QVERIFY(QTest::qWaitFor([&] { return !m_results.isEmpty(); }, kPatience));
    QCOMPARE(m_results.size(), 1);
    QCOMPARE(m_results.last()->id, RequestId{41});
  }

  void anUnknownNameIsSaid() {
    const auto values = ask(20, {}, recallOf({QStringLiteral("blk.99.attn.pattern")}));
    QVERIFY(values);
    QVERIFY2(values->error.startsWith(QStringLiteral("this model has no value blk.99.attn.pattern; the nearest names are ")),
             qPrintable(values->error));
    QVERIFY(!values->inquiry);
  }

 private:
  std::shared_ptr<const Answer> ask(RequestId id, const QVector<qint32>& answer, InquiryMaker make = recallOf(kPatterns)) {
    m_results.clear();
    m_engine->ask({id, kAsker, kQuestion, answer, std::move(make)});
    const bool came = QTest::qWaitFor([&] { return !m_results.isEmpty() && m_results.last()->id == id; }, kPatience);
    return came ? m_results.last() : nullptr;
  }

  static void checkPatterns(const Answer& answer) {
    QCOMPARE(answer.error, QString());
    const auto* recall = dynamic_cast<const Recall*>(answer.inquiry.get());
    QVERIFY(recall != nullptr);
    QCOMPARE(recall->captures().size(), std::size_t{2});
    for (const Capture& pattern : recall->captures()) {
      const auto length = static_cast<std::size_t>(answer.pieces.size());
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
    QVERIFY(recall->captures()[0].data != recall->captures()[1].data);
  }

  std::unique_ptr<EngineController> m_engine;
  QVector<std::shared_ptr<const Answer>> m_results;
  QVector<qint32> m_answer;
  int m_progress = 0;
  bool m_ready = false, m_finished = false;
};

QTEST_MAIN(QuestionTest)
#include "question_test.moc"
