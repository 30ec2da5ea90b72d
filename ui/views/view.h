// What an inspector view is, and what it may look at: the selection, the loaded model, the messages.
#pragma once

#include <QHash>
#include <QWidget>
#include <memory>
#include <utility>

#include "ui/engine/pair_data.h"
#include "ui/engine/question_data.h"
#include "ui/selection.h"
#include "ui/views/edit_book.h"

namespace cutaway {

/// The window's data as views see it. Views know nothing else: not the window, not each other.
class ViewData : public QObject {
  Q_OBJECT

 public:
  explicit ViewData(QObject* parent = nullptr) : QObject(parent) {
    connect(&m_edits, &EditBook::changed, this, [this] {
      if (m_edits.wanted() == std::exchange(m_wantedEdits, m_edits.wanted())) return;
      Q_EMIT editsChosen(m_wantedEdits);
    });
  }

  Selection& selection() { return m_selection; }
  const Selection& selection() const { return m_selection; }
  const std::shared_ptr<const LoadedModel>& model() const { return m_model; }
  void setModel(std::shared_ptr<const LoadedModel> model) {
    m_model = std::move(model);
    Q_EMIT modelChanged();
    setStepTimes(nullptr);
    setHeadNames({});
  }
  /// Of the last answer of this model that was written while a view watched; null before.
  const std::shared_ptr<const StepTimes>& stepTimes() const { return m_stepTimes; }
  void setStepTimes(std::shared_ptr<const StepTimes> times) {
    m_stepTimes = std::move(times);
    Q_EMIT stepTimesChanged();
  }
  /// What heads were found to do, by a view for all others: texts by layer * heads + head; empty where nothing stands out.
  const QStringList& headNames() const { return m_headNames; }
  /// " (induction)", or nothing: to stand behind "layer 1, head 0".
  QString headNote(int layer, int head) const {
    const int heads = m_model ? static_cast<int>(m_model->card.queryHeads) : 0;
    const QString name = m_headNames.value(layer * heads + head);
    return name.isEmpty() ? name : QStringLiteral(" (%1)").arg(name);
  }
  void setHeadNames(const QStringList& names) {
    m_headNames = names;
    Q_EMIT headNamesChanged();
  }
  /// Where files are kept that edits name.
  const QString& folder() const { return m_folder; }
  void setFolder(const QString& folder) { m_folder = folder; }
  EditBook& edits() { return m_edits; }
  /// Texts of the edits that act in the chat now.
  const QStringList& actingEdits() const { return m_actingEdits; }
  void setActingEdits(const QStringList& texts, const QString& problem) {
    m_actingEdits = texts;
    if (!problem.isEmpty() && texts.isEmpty()) m_edits.refuse();
    Q_EMIT actingEditsChanged(problem);
  }
  /// A message of the shown conversation; null when there is none of this id. Valid until the event loop runs.
  virtual const StoredMessage* message(qint64 id) const = 0;
  /// What a second model did while that answer was written; null: there was none. Valid until the event loop runs.
  virtual const PairedAnswer* paired(qint64) const { return nullptr; }
  /// Runs `work` where files may be touched, then what it returns here, unless `receiver` is gone by then.
  virtual void inBackground(QObject* receiver, std::function<std::function<void()>()> work) = 0;
  /// Asks about the first `tokens` tokens of an answer and all before them (0: the prompt alone), or, without a message, about
  /// the model. Answered by answered(), unless the asker asks again or drops its question. 0: nothing was asked, as there is
  /// no model or no such token.
  /// Views use a ViewQuestion.
  virtual RequestId ask(const QString& asker, qint64 message, int tokens, InquiryMaker make) = 0;
  /// About the second model as well; 0 also where there is none.
  virtual RequestId askPair(const QString&, qint64, int, PairInquiryMaker) { return 0; }
  /// The one beside the loaded one; null: none.
  const std::shared_ptr<const LoadedModel>& otherModel() const { return m_otherModel; }
  void setOtherModel(std::shared_ptr<const LoadedModel> model) {
    if (model == m_otherModel) return;
    m_otherModel = std::move(model);
    Q_EMIT otherModelChanged();
  }

 Q_SIGNALS:
  void modelChanged();
  void otherModelChanged();
  void messageChanged(qint64 id);             ///< it has more tokens
  void pairChanged(qint64 answer);            ///< more is known of what the second model did
  void stepTimesChanged();
  void headNamesChanged();
  void answered(std::shared_ptr<const cutaway::Answer> answer);
  void questionExpected(quint64 request, double seconds);
  void questionProgress(quint64 request, double done);
  /// By a view, for the window: a version of the answer that goes on from another token at this place.
  void branchWanted(qint64 message, int place, const cutaway::ChatToken& other);
  void saveWanted(const QString& path, const QByteArray& bytes);  ///< by a view, for the window
  void questionDropped(const QString& asker);  ///< by a view, for the window
  void tokensWeighed(const QHash<qint64, cutaway::TokenWeights>& weights);  ///< by a view, for the chat: by message
  void statesKept(bool kept);        ///< by a view, for the window: inner states are wanted, or no more
  void rowsWatched(int layer);       ///< by a view, for the window: its attention, live; -1: none
  void rowsCame(std::shared_ptr<const cutaway::LiveBatch> batch);
  void rowsTaken();                  ///< by the view, for the window: the last rowsCame was dealt with
  void lensWatched(bool watched);    ///< by a view, for the window: new tokens are to be looked at through the lens
  void lensCame(std::shared_ptr<const cutaway::LiveColumn> column);
  void stepsWatched(bool watched);  ///< by a view, for the window: steps are to be measured, or no more
  void editsChosen(const QStringList& texts);  ///< for the window: they are to act in the chat
  void actingEditsChanged(const QString& problem);  ///< a sentence where those that were chosen could not be set
  void templateChosen(const QString& builtIn);  ///< by a view, for the window; empty: the model's own

 private:
  Selection m_selection;
  std::shared_ptr<const LoadedModel> m_model, m_otherModel;
  std::shared_ptr<const StepTimes> m_stepTimes;
  QString m_folder;
  EditBook m_edits;
  QStringList m_wantedEdits, m_actingEdits;
  QStringList m_headNames;
};

/// Follows the data's signals on its own; shows something sensible for any selection, a missing model included. What it
/// costs to fill is spent only while it is shown.
class InspectorView : public QWidget {
  Q_OBJECT

 public:
  InspectorView(ViewData& data, QWidget* parent) : QWidget(parent), m_data(data) {
    setProperty("panel", true);
    setAttribute(Qt::WA_StyledBackground);
  }

  /// Told by the window: a view behind another one's tab is not shown, though Qt calls it visible.
  void setShown(bool shown) {
    if (shown == m_shown) return;
    m_shown = shown;
    shownChanged();
  }
  bool isShown() const { return m_shown; }

  /// What is saved as a picture.
  virtual QWidget& picture() { return *this; }
  /// The numbers that are shown, as CSV with a line of headings; empty: there are none.
  virtual QString csv() const { return {}; }

 protected:
  virtual void shownChanged() {}
  ViewData& data() { return m_data; }
  const ViewData& data() const { return m_data; }

 private:
  ViewData& m_data;
  bool m_shown = false;
};

}  // namespace cutaway
