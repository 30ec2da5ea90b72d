// The window's side-by-side half: a second model beside the chat's.
#include "ui/base/text.h"
#include "ui/chat/chat_view.h"
#include "ui/window/main_window_private.h"
#include "ui/window/notice_bar.h"
#include "ui/window/pair_bar.h"
#include "ui/window/welcome_page.h"
#include "ui/window/precision_panel.h"

namespace cutaway {
namespace {

/// Of the loaded model, offered to be compared with it as it is.
constexpr const char* kFourBits = "int4:g32";
constexpr const char* kRounded = "int8";
constexpr const char* kPrecisions[] = {"int8:g32", kFourBits, "int3:g32", "int2:g32", "nf4:b64", "q4_k"};

/// What the model is, what it takes, how fast it was and how long its first token took.
QString factsOf(const LoadedModel& model, const AnswerStats& stats) {
  QStringList facts{model.card.title(), bytesText(model.card.bytes)};
  if (stats.generateRate > 0) facts += rateText(stats.generateRate);
  if (stats.secondsToFirst > 0) facts += secondsText(stats.secondsToFirst);
  return facts.join(QStringLiteral("   "));
}

double meanDivergence(const PairedAnswer& answer) {
  double sum = 0;
  for (const TokenDifference& difference : answer.differences) sum += difference.divergence;
  return answer.differences.isEmpty() ? 0 : sum / static_cast<double>(answer.differences.size());
}

}  // namespace

void MainWindow::Private::connectPair() {
  PairBar& bar = pane->pairBar();
  ChatView& second = pane->secondView();
  QMenu* menu = actions->menu(MenuId::compare);
  menu->setObjectName(QStringLiteral("compareMenu"));
  bar.setModels(menu);
  QObject::connect(menu, &QMenu::aboutToShow, &window, [this] { fillCompareMenu(); });
  QObject::connect(&bar, &PairBar::modeChosen, &pair, &PairController::setMode);
  QObject::connect(&bar, &PairBar::closeRequested, &pair, &PairController::close);
  QObject::connect(&bar, &PairBar::differenceRequested, &window, [this] { goToDifference(); });
  QObject::connect(&pair, &PairController::changed, &window, [this] { showPair(); });
  QObject::connect(&pair, &PairController::writingChanged, &window, [this] {
    updateComposer();
    showPair();
  });
  QObject::connect(&pair, &PairController::failed, &window, [this](const QString& sentence) {
    pane->notice().show(NoticeBar::Kind::problem, tr("The second model: %1").arg(sentence));
  });
  QObject::connect(&pair, &PairController::answerChanged, &window, [this](qint64 id) {
    showWeights();
    showPair();
    Q_EMIT viewData.pairChanged(id);
  });
  QObject::connect(&chat, &ChatController::finished, &window, [this] { showPair(); });
  QObject::connect(&pair, &PairController::itemsReset, &second, &ChatView::setItems);
  QObject::connect(&pair, &PairController::itemAppended, &second, &ChatView::appendItem);
  QObject::connect(&pair, &PairController::itemsRemovedFrom, &second, &ChatView::removeItemsFrom);
  QObject::connect(&pair, &PairController::tokensAppended, &second, &ChatView::appendTokens);
  QObject::connect(&pair, &PairController::itemFinished, &second, &ChatView::finishItem);
  QObject::connect(&second, &ChatView::tokenClicked, &window, [this](qint64 id, int token) {
    const PairedAnswer* answer = pair.answer(id);
    if (answer == nullptr || answer->mode == PairMode::free) return pane->secondView().setSelectedToken(id, token);
    viewData.selection().setTokens(token < 0 ? TokenRange{} : TokenRange{id, answer->first + token, answer->first + token});
  });
  QObject::connect(&viewData.selection(), &Selection::changed, &second, [this, &second] {
    const TokenRange& tokens = viewData.selection().tokens();
    const PairedAnswer* answer = pair.answer(tokens.message);
    if (answer != nullptr) second.setSelectedToken(tokens.message, qMax(-1, tokens.first - answer->first));
  });
  Actions& a = *actions;
  a.on(ActionId::compareFile, [this] {
    chooseFile([this](const QString& path) { compareWith(models.choiceFor(path)); });
  });
  QObject::connect(&pane->welcome(), &WelcomePage::compareRequested, &window, [this] {
    ModelChoice choice = models.model()->choice;
    choice.simulation = QLatin1String(kFourBits);
    compareWith(choice);
  });
  a.on(ActionId::compareEnd, [this] { pair.close(); });
  a.on(ActionId::firstDifference, [this] { goToDifference(); });
  showPair();
}

void MainWindow::Private::fillCompareMenu() {
  QMenu* menu = actions->menu(MenuId::compare);
  for (QAction* action : menu->actions())
    if (action->data().isValid()) delete action;
  QAction* const before = menu->actions().value(0);
  const auto add = [&](const QString& title, const ModelChoice& choice) {
    auto* action = new QAction(title, menu);
    action->setData(choice.path);
    QObject::connect(action, &QAction::triggered, &window, [this, choice] { compareWith(choice); });
    menu->insertAction(before, action);
  };
  const auto asStored = [this](const QString& path) {
    ModelChoice choice = models.choiceFor(path);
    choice.simulation.clear();
    choice.activations.clear();
    return choice;
  };
  if (models.model()) {
    ModelChoice choice = models.model()->choice;
    for (const char* simulation : kPrecisions) {
      choice.simulation = QLatin1String(simulation);
      add(tr("%1 in %2").arg(modelTitle(choice.path), precisionTitle(choice.simulation, choice.activations)), choice);
    }
    choice = models.model()->choice;
    if (choice.activations.isEmpty()) {
      choice.activations = QLatin1String(kRounded);
      add(tr("%1 with INT8 activations").arg(modelTitle(choice.path)), choice);
    }
  }
  for (const QString& path : models.recent()) add(modelTitle(path), asStored(path));
  if (!models.recent().contains(kDemoModel)) add(modelTitle(kDemoModel), asStored(kDemoModel));
}

void MainWindow::Private::compareWith(const ModelChoice& choice) {
  pane->notice().dismiss();
  pair.open(choice);
}

void MainWindow::Private::showPair() {
  PairBar& bar = pane->pairBar();
  const bool open = pair.isOpen();
  viewData.setOtherModel(pair.model());
  pane->showPair(open, open && pair.chosenMode() != PairMode::opinion && !chat.tree().isEmpty());
  (*actions)[ActionId::compareEnd]->setEnabled(open);
  bar.setMode(pair.chosenMode());
  const QVector<qint64> answers = pair.answers();
  const PairedAnswer* last = answers.isEmpty() ? nullptr : pair.answer(answers.last());
  const StoredMessage* written = answers.isEmpty() ? nullptr : chat.message(answers.last());
  const int difference = answers.isEmpty() ? -1 : pair.firstDifference(answers.last());
  (*actions)[ActionId::firstDifference]->setEnabled(difference >= 0);
  if (!open) return;
  if (models.model()) bar.setFirst(factsOf(*models.model(), written ? written->stats : AnswerStats()));
  if (pair.model()) bar.setSecond(factsOf(*pair.model(), last ? last->stats : AnswerStats()));
  if (pair.isLoading()) bar.setSecond(tr("Loading the second model…"));
  QStringList words;
  if (last != nullptr && !last->differences.isEmpty())
    words += tr("mean divergence %1 nats").arg(QLocale().toString(meanDivergence(*last), 'g', 3));
  if (last != nullptr) words += difference < 0 ? tr("no difference yet") : tr("first difference at word %1").arg(difference + 1);
  bar.setDifference(words.join(QStringLiteral(", ")), difference >= 0);
}

void MainWindow::Private::showWeights() {
  const TokenColouring colouring = pane->view().colouring();
  if (!isAboutTwoModels(colouring)) return pane->view().setTokenWeights(attentionWeights);
  QHash<qint64, TokenWeights> weights;
  for (const qint64 id : pair.answers()) weights[id] = pair.weights(id, colouring);
  pane->view().setTokenWeights(weights);
  pane->secondView().setTokenWeights(weights);
}

void MainWindow::Private::goToDifference() {
  const QVector<qint64> answers = pair.answers();
  const int token = answers.isEmpty() ? -1 : pair.firstDifference(answers.last());
  if (token < 0) return;
  viewData.selection().setTokens({answers.last(), token, token});
  if (pair.answer(answers.last())->mode == PairMode::free) pane->secondView().setSelectedToken(answers.last(), token);
}

}  // namespace cutaway
