// The engine, from the UI thread's side: requests return at once, results come as signals with immutable values.
#pragma once

#include <QObject>
#include <memory>
#include <stop_token>

#include "core/base/mapped_file.h"
#include "core/run/backend.h"
#include "core/run/engine_thread.h"
#include "ui/engine/pair_data.h"
#include "ui/engine/question_data.h"

namespace cutaway {

class EngineWorker;

/// Owns the engine thread. Requests of one kind that are still waiting replace each other. Call close() and wait for
/// closed() before destroying it, or its destructor waits for the step that is running.
class EngineController : public QObject {
  Q_OBJECT

 public:
  EngineController(BackendList backends, SharedBytes demoModel, QObject* parent = nullptr);
  ~EngineController() override;

  /// Empty until devicesKnown().
  const QVector<DeviceInfo>& devices() const { return m_devices; }

  void inspect(const ModelChoice& choice);  ///< -> fitKnown or loadFailed
  void open(const ModelChoice& choice);     ///< ends what is being written; -> loadStarted ... modelReady or loadFailed
  void cancelLoad();
  void setTemplate(const QString& builtIn);  ///< a built-in template's name; empty: the model's own
  void plan(const PromptRequest& request, const QString& tag);  ///< a later one of the same tag replaces it
  void start(const GenerationRequest& request);
  void stop();
  /// A second model beside the chat's, for GenerationRequest::pair. -> companionReady or companionFailed
  void openCompanion(const ModelChoice& choice);
  void closeCompanion();  ///< also one that is being loaded
  void watchSteps(bool watched);  ///< measures steps of answers, or no more; -> stepsTimed
  /// About recorded tokens. A later question of the same asker takes the place of one that is not answered.
  /// -> questionExpected, questionProgress, answered
  void ask(const Question& question);
  void dropQuestion(const QString& asker);  ///< it will not be answered
  void keepStates(bool kept);  ///< inner states of what is read and written, for questions that come later
  void watchRows(int layer);   ///< whose attention is told while an answer is written, -1: none; -> rowsCame
  void watchLens(bool watched);  ///< whether new tokens are looked at through the logit lens; -> lensCame
  void rowsTaken();            ///< the last rowsCame was dealt with
  /// Texts of edits that act in the chat, in place of those before; a later call replaces one that waits. -> editsActing
  void setEdits(const QStringList& texts);
  void close();
  /// A number for the next request.
  RequestId nextRequest() { return ++m_lastRequest; }

 Q_SIGNALS:
  void devicesKnown();  ///< once, soon after the start
  void loadStarted(const cutaway::ModelChoice& choice);
  void fitKnown(std::shared_ptr<const cutaway::FitReport> report);
  void loadProgress(quint64 done, quint64 total);
  void modelReady(std::shared_ptr<const cutaway::LoadedModel> model);
  void modelLost(const QString& sentence);  ///< nothing is loaded any more
  void loadFailed(const QString& sentence, cutaway::LoadFailure kind);
  void planned(std::shared_ptr<const cutaway::PromptPlan> plan);
  void promptProgress(quint64 request, quint32 read, quint32 total);
  void tokensArrived(std::shared_ptr<const cutaway::TokenBatch> batch);
  void generationFinished(std::shared_ptr<const cutaway::GenerationEnd> end);
  void memoryChanged(cutaway::MemoryUse use);
  void companionReady(std::shared_ptr<const cutaway::LoadedModel> model);
  void companionFailed(const QString& sentence);  ///< there is none now
  void pairTokens(std::shared_ptr<const cutaway::PairBatch> batch);
  void pairFinished(std::shared_ptr<const cutaway::PairEnd> end);
  void stepsTimed(std::shared_ptr<const cutaway::StepTimes> times);
  void questionExpected(quint64 request, double seconds);  ///< that it will take, from the speed so far
  void questionProgress(quint64 request, double done);  ///< 0 to 1
  void answered(std::shared_ptr<const cutaway::Answer> answer);
  void rowsCame(std::shared_ptr<const cutaway::LiveBatch> batch);
  void lensCame(std::shared_ptr<const cutaway::LiveColumn> column);
  /// All that act in the chat now; with a sentence where others were wanted and could not be set.
  void editsActing(const QStringList& texts, const QString& problem);
  void closed();

 private:
  QVector<DeviceInfo> m_devices;
  std::unique_ptr<EngineThread> m_thread;
  std::shared_ptr<EngineWorker> m_worker;
  std::stop_source m_loadStop, m_companionStop;
  RequestId m_lastRequest = 0;
};

}  // namespace cutaway
