// The window's work on the engine thread: it owns the model, the session and the answer being written.
#pragma once

#include <QObject>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "core/base/mapped_file.h"
#include "core/eval/step_meter.h"
#include "core/run/engine_thread.h"
#include "core/run/generation.h"
#include "ui/engine/chat_prompt.h"
#include "ui/engine/companion.h"
#include "ui/engine/engine_data.h"
#include "ui/engine/question_data.h"

namespace cutaway {

/// Every member but the constructor runs on the engine thread. Signals are emitted there: connect them queued.
class EngineWorker : public QObject {
  Q_OBJECT

 public:
  EngineWorker(EngineThread& thread, BackendList backends, SharedBytes demoModel);
  ~EngineWorker() override;

  void listDevices();  ///< before anything else. -> devicesKnown
  /// Says what the model would take. -> fitKnown or loadFailed
  void inspect(const ModelChoice& choice);
  /// Loads a model, or gives the loaded one another context. The one before stays until the new one is ready, unless
  /// both do not fit; then it is loaded again when the new one fails. -> fitKnown, loadProgress, modelReady, loadFailed
  void open(const ModelChoice& choice, std::stop_token stop);
  void setTemplate(const QString& builtIn);  ///< -> modelReady
  void plan(const PromptRequest& request);   ///< -> planned
  void start(const GenerationRequest& request);  ///< -> promptProgress, tokensArrived, generationFinished
  void stop();
  /// Loads a second model beside the chat's, in place of the one before. -> companionReady or companionFailed
  void openCompanion(const ModelChoice& choice, std::stop_token stop);
  void closeCompanion();
  /// Whether steps of answers are measured as they are written. -> stepsTimed
  void watchSteps(bool watched);
  /// Drops the asker's question before it, if that is not answered. -> questionExpected, questionProgress, answered
  void ask(const Question& question);
  void dropQuestion(const QString& asker);  ///< it will not be answered
  /// Whether inner states are kept while texts are read and written: what views ask about them is answered sooner.
  void keepStates(bool kept);
  /// The layer whose attention is told while an answer is written; -1: none. -> rowsCame
  void watchRows(int layer);
  void watchLens(bool watched);  ///< whether new tokens are looked at through the logit lens. -> lensCame
  void rowsTaken();  ///< the last rowsCame was dealt with: what came meanwhile may follow
  /// Texts of edits (core/graph/edit_text.h) that act in the chat from now on, in place of those before; while an answer is being
  /// written, from its end on. They outlive the session, but not the model. -> editsActing
  void setEdits(const QStringList& texts);
  void close();  ///< stops and frees all. -> closed

 Q_SIGNALS:
  void devicesKnown(const QVector<cutaway::DeviceInfo>& devices);
  void fitKnown(std::shared_ptr<const cutaway::FitReport> report);
  void loadProgress(quint64 done, quint64 total);
  void modelReady(std::shared_ptr<const cutaway::LoadedModel> model);
  void modelLost(const QString& sentence);
  void loadFailed(const QString& sentence, cutaway::LoadFailure kind);
  void planned(std::shared_ptr<const cutaway::PromptPlan> plan);
  void promptProgress(quint64 request, quint32 read, quint32 total);
  void tokensArrived(std::shared_ptr<const cutaway::TokenBatch> batch);
  void generationFinished(std::shared_ptr<const cutaway::GenerationEnd> end);
  void memoryChanged(cutaway::MemoryUse use);
  void companionReady(std::shared_ptr<const cutaway::LoadedModel> model);
  void companionFailed(const QString& sentence);
  void pairTokens(std::shared_ptr<const cutaway::PairBatch> batch);
  void pairFinished(std::shared_ptr<const cutaway::PairEnd> end);
  void stepsTimed(std::shared_ptr<const cutaway::StepTimes> times);
  void questionExpected(quint64 request, double seconds);
  void questionProgress(quint64 request, double done);
  void answered(std::shared_ptr<const cutaway::Answer> answer);
  void rowsCame(std::shared_ptr<const cutaway::LiveBatch> batch);
  void lensCame(std::shared_ptr<const cutaway::LiveColumn> column);
  void editsActing(const QStringList& texts, const QString& problem);
  void closed();

 private:
  using Clock = std::chrono::steady_clock;
  struct Loaded {
    ModelChoice choice;
    std::shared_ptr<const Model> model;
    std::unique_ptr<Session> session;
    ChatPrompt prompt;
  };

  Result<std::shared_ptr<const ModelDescription>> describe(const ModelChoice& choice, std::stop_token stop = {});
  Result<ModelFile> openFile(const ModelChoice& choice, std::stop_token stop);
  Result<std::shared_ptr<Backend>> backend(int device);
  Result<FitReport> fit(const ModelChoice& choice, std::stop_token stop = {});
  Result<std::unique_ptr<Loaded>> load(const ModelChoice& choice, std::stop_token stop);
  Result<void> replaceSession(const ModelChoice& choice);
  Result<void> exchange(const ModelChoice& choice, std::stop_token stop);
  static std::shared_ptr<const LoadedModel> factsOf(const Loaded& loaded);
  void announce();

  Job::State stepAnswer(RequestId id);  ///< of both models
  Job::State stepGeneration(RequestId id);
  void stepCompanion();
  void tellPair(bool now);
  void loseCompanion(const QString& why);
  void takeTokens();
  void flush(bool now);
  void finish(const QString& error, bool deviceLost);

  Result<void> measureStep(quint32 read, Generation::State state);
  void wantBandwidth();
  void tellTimes();

  void watchSession();
  void unwatchSession();
  void tellRows();
  void lookThroughLens();

  struct OpenQuestion {
    QString asker;
    std::shared_ptr<Answer> answer;
    std::unique_ptr<Inquiry> inquiry = nullptr;
    std::unique_ptr<PairInquiry> pairInquiry = nullptr;  ///< or this one
    std::shared_ptr<const Edits> standing = nullptr;     ///< of the chat, for a session of its own
    Clock::time_point told = {};
  };
  Result<std::shared_ptr<Answer>> recorded(const Question& question);
  Result<Session*> sessionFor(const OpenQuestion& open);
  void begin(std::shared_ptr<OpenQuestion> open, JobPriority priority);
  Job::State stepQuestion(OpenQuestion& open);
  void askPair(const Question& question, std::shared_ptr<Answer> recorded);
  void dropPairQuestions();
  void refuse(RequestId id, const Error& error);
  std::function<QString(TokenId)> textOf() const;  ///< a token of the loaded model
  void dropQuestions();
  void setNextEdits();
  void renewEdits();
  Result<void> editCompanion();

  EngineThread& m_thread;
  BackendList m_list;
  std::vector<BackendFactory> m_factories;
  SharedBytes m_demoModel;
  std::map<int, std::shared_ptr<Backend>> m_backends;
  ModelChoice m_describedAs;
  std::shared_ptr<const ModelDescription> m_described;  ///< the last one asked for
  std::unique_ptr<Loaded> m_loaded;

  std::unique_ptr<Companion> m_companion;
  Clock::time_point m_pairTold;

  RequestId m_request = 0;  ///< of the answer being written; 0: none
  std::unique_ptr<Generation> m_generation;
  QVector<ChatToken> m_batch;
  quint32 m_reportedRead = 0;
  std::map<QString, JobId> m_questions;    ///< by asker
  std::set<QString> m_pairAskers;                  ///< who have asked about two models
  std::map<QString, std::shared_ptr<void>> m_kept;  ///< by asker: what questions about two models go on from
  std::unique_ptr<Session> m_ownSession;  ///< for questions that must not touch the chat's; made when one comes
  RequestId m_ownSessionUser = 0;          ///< the question that it stepped last
  bool m_statesKept = false;
  int m_rowLayer = -1;
  std::shared_ptr<LiveRows> m_rows;  ///< of the loaded session
  bool m_rowsUnderWay = false;
  bool m_lensWatched = false;
  std::shared_ptr<LiveLens> m_lens;  ///< of the loaded session
  QStringList m_edits;  ///< that act in the chat's session
  QString m_editedModel;  ///< the path of the one that they were set for
  std::optional<QStringList> m_nextEdits;  ///< that came while an answer was being written
  bool m_stepsWatched = false;
  StepMeter m_meter;
  std::map<int, double> m_bandwidths;  ///< bytes per second by device; 0 where it could not be measured
  Clock::time_point m_flushed;
};

}  // namespace cutaway
