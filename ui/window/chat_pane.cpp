#include "ui/window/chat_pane.h"

#include <QComboBox>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/base/text.h"
#include "ui/chat/chat_style.h"
#include "ui/chat/chat_view.h"
#include "ui/chat/composer.h"
#include "ui/choice_box.h"
#include "ui/theme.h"
#include "ui/chat/find_bar.h"
#include "ui/window/colour_legend.h"
#include "ui/window/edits_strip.h"
#include "ui/window/loading_strip.h"
#include "ui/window/notice_bar.h"
#include "ui/window/pair_bar.h"
#include "ui/window/welcome_page.h"

namespace cutaway {
namespace {

/// The composer's text stands below the chat's.
constexpr int kFootMargin = Theme::kGrid * 2, kComposerPadding = Theme::kGrid * 3 / 2;
constexpr int kFootWidth = ChatStyle::kColumn + 2 * (kComposerPadding + kFootMargin);
constexpr int kRoomForWords = 400, kRoomForLegend = 560, kLeastColouring = 120, kWidest = 10'000;  ///< pixels of width

struct ColouringRow {
  TokenColouring colouring;
  const char* title;
};
constexpr ColouringRow kColourings[] = {
    {TokenColouring::none, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: none")},
    {TokenColouring::probability, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: probability")},
    {TokenColouring::entropy, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: entropy")},
    {TokenColouring::attention, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: attention")},
    {TokenColouring::divergence, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: divergence of two models")},
    {TokenColouring::otherRank, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: rank under the second model")},
    {TokenColouring::change, QT_TRANSLATE_NOOP("ChatPane", "Colour tokens: change of probability")},
};

}  // namespace

ChatPane::ChatPane(QWidget* parent)
    : QWidget(parent),
      m_stack(new QStackedWidget(this)),
      m_welcome(new WelcomePage(m_stack)),
      m_view(new ChatView(m_stack)),
      m_second(new ChatView(this)),
      m_sides(new QSplitter(Qt::Horizontal, this)),
      m_pairBar(new PairBar(this)),
      m_loading(new LoadingStrip(this)),
      m_notice(new NoticeBar(this)),
      m_edits(new EditsStrip(this)),
      m_colouring(new ChoiceBox(this)),
      m_legend(new ColourLegend(this)),
      m_context(new QLabel(this)),
      m_composer(new Composer(this)) {
  setObjectName(QStringLiteral("chatPane"));
  m_findBar = new FindBar(m_view, this);
  m_view->setObjectName(QStringLiteral("chatView"));
  m_second->setObjectName(QStringLiteral("secondChatView"));
  m_second->setAccessibleName(tr("Chat of the second model"));
  m_composer->setObjectName(QStringLiteral("composer"));
  m_stack->addWidget(m_welcome);
  m_stack->addWidget(m_view);
  m_colouring->setObjectName(QStringLiteral("colouring"));
  m_colouring->setAccessibleName(tr("Colour tokens"));
  m_colouring->setMinimumWidth(kLeastColouring);  // its own would take the gauge's room
  m_colouring->setToolTip(tr("Tint words by how likely they were, how unsure the model was, how much the chosen word looked at them, or how far a second model is apart"));
  for (const ColouringRow& row : kColourings) m_colouring->addItem(tr(row.title), static_cast<int>(row.colouring));
  connect(m_colouring, &QComboBox::activated, this, [this] {
    Q_EMIT colouringChosen(static_cast<TokenColouring>(m_colouring->currentData().toInt()));
  });
  m_context->setObjectName(QStringLiteral("contextGauge"));
  m_context->setForegroundRole(QPalette::PlaceholderText);

  auto* options = new QHBoxLayout;
  options->setSpacing(Theme::kGrid * 3 / 2);
  options->addWidget(m_colouring);
  options->addWidget(m_legend);
  options->addStretch(1);
  options->addWidget(m_context);
  auto* foot = new QWidget(this);
  foot->setMaximumWidth(kFootWidth);
  auto* bottom = new QVBoxLayout(foot);
  bottom->setContentsMargins(kFootMargin, Theme::kGrid, kFootMargin, Theme::kGrid * 2);
  bottom->setSpacing(Theme::kGrid);
  bottom->addWidget(m_loading);
  bottom->addWidget(m_notice);
  bottom->addWidget(m_edits);
  bottom->addLayout(options);
  bottom->addWidget(m_composer);
  auto* centred = new QHBoxLayout;
  centred->addStretch(1);
  centred->addWidget(foot, 1'000'000);  // all the room that it may take
  centred->addStretch(1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  m_sides->setObjectName(QStringLiteral("pairSplit"));
  m_sides->setChildrenCollapsible(false);
  m_sides->addWidget(m_stack);
  m_sides->addWidget(m_second);
  m_sides->setStretchFactor(0, 1);
  m_sides->setStretchFactor(1, 1);
  column->addWidget(m_findBar);
  column->addWidget(m_pairBar);
  column->addWidget(m_sides, 1);
  column->addLayout(centred);
  showPair(false, false);
}

void ChatPane::showPair(bool bar, bool chat) {
  m_pairBar->setVisible(bar);
  const bool appears = chat && m_second->isHidden();
  m_second->setVisible(chat);
  m_stack->setMinimumWidth(chat ? m_view->minimumWidth() : 0);  // the first page, which is hidden, would ask for more
  if (appears) m_sides->setSizes({kWidest, kWidest});  // halves, until the user moves them
}

void ChatPane::showWelcome(bool welcome) {
  m_stack->setCurrentWidget(welcome ? static_cast<QWidget*>(m_welcome) : m_view);
}

void ChatPane::setColouring(TokenColouring colouring) {
  m_view->setColouring(colouring);
  m_second->setColouring(colouring);
  adapt();
  m_colouring->setCurrentIndex(m_colouring->findData(static_cast<int>(colouring)));
}

void ChatPane::setContextUsed(quint32 tokens, quint32 context) {
  m_used = tokens;
  m_of = context;
  m_context->setToolTip(tr("Tokens of the conversation and of what is typed, of those that the context holds"));
  adapt();
}

void ChatPane::adapt() {
  m_legend->setColouring(width() < kRoomForLegend ? TokenColouring::none : m_view->colouring());
  if (m_of == 0) return m_context->clear();
  const QString form = width() < kRoomForWords ? tr("%1 / %2") : tr("%1 of %2 tokens");
  m_context->setText(form.arg(countText(m_used), countText(m_of)));
}

void ChatPane::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  adapt();
}

}  // namespace cutaway
