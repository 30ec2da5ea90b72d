#include "ui/window/sidebar.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/base/settings.h"
#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/theme.h"
#include "ui/window/model_controller.h"
#include "ui/window/quiet_spin_box.h"

namespace cutaway {
namespace {

constexpr int kPromptDelay = 400;  // ms after the last key
constexpr int kPromptLines = 3;
constexpr int kLeastListHeight = 150;  // pixels
constexpr double kListShare = 0.36;    // of the height, at least
constexpr int kMostContext = 1 << 24;

struct CacheFormatRow {
  FormatId format;
  const char* title;
};
constexpr CacheFormatRow kCacheFormats[] = {
    {FormatId::f16, QT_TRANSLATE_NOOP("Sidebar", "F16")},
    {FormatId::f32, QT_TRANSLATE_NOOP("Sidebar", "F32")},
};

QLabel* sectionLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  QFont font = label->font();
  font.setWeight(QFont::DemiBold);
  font.setPointSizeF(font.pointSizeF() * 0.88);
  label->setFont(font);
  label->setForegroundRole(QPalette::PlaceholderText);
  return label;
}

}  // namespace

Sidebar::Sidebar(Settings& settings, QWidget* parent)
    : QWidget(parent),
      m_newChat(new QPushButton(tr("New chat"), this)),
      m_conversations(new ConversationListPanel(this)) {
  setObjectName(QStringLiteral("sidebar"));
  setProperty("panel", true);
  setAttribute(Qt::WA_StyledBackground);
  m_newChat->setObjectName(QStringLiteral("newChat"));
  m_newChat->setAccessibleName(tr("New chat"));
  m_newChat->setToolTip(tr("Begin a new conversation (Ctrl+N)"));
  connect(m_newChat, &QPushButton::clicked, this, &Sidebar::newChatRequested);

  auto* top = new QWidget(this);
  auto* topColumn = new QVBoxLayout(top);
  topColumn->setContentsMargins(Theme::kGrid, Theme::kGrid, Theme::kGrid, 0);
  topColumn->setSpacing(Theme::kGrid);
  top->setMinimumHeight(kLeastListHeight);
  topColumn->addWidget(m_newChat);
  topColumn->addWidget(m_conversations, 1);

  m_scroll = new QScrollArea(this);
  m_scroll->setObjectName(QStringLiteral("settingsScroll"));
  m_scroll->setWidgetResizable(true);
  m_scroll->setFrameShape(QFrame::NoFrame);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_scroll->setFocusPolicy(Qt::NoFocus);
  m_scroll->setWidget(createSettings(settings));
  m_scroll->viewport()->setAutoFillBackground(false);
  m_scroll->widget()->setAutoFillBackground(false);

  m_split = new QSplitter(Qt::Vertical, this);
  m_split->setObjectName(QStringLiteral("sidebarSplit"));
  m_split->setChildrenCollapsible(false);
  m_split->addWidget(top);
  m_split->addWidget(m_scroll);
  m_split->setStretchFactor(0, 1);
  m_split->setStretchFactor(1, 0);
  connect(m_split, &QSplitter::splitterMoved, this, [this] { m_splitByUser = true; });
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_split);
}

void Sidebar::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (m_splitByUser) return;
  // All settings are seen where there is room; the conversations get the rest.
  const int wanted = m_scroll->widget()->sizeHint().height();
  const int list = qMax(kLeastListHeight, static_cast<int>(height() * kListShare));
  const int settings = qMin(wanted, height() - list);
  m_split->setSizes({height() - settings, settings});
}

QWidget* Sidebar::createSettings(Settings& settings) {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(Theme::kGrid, Theme::kGrid, Theme::kGrid, Theme::kGrid);
  column->setSpacing(Theme::kGrid / 2);

  m_prompt = new QPlainTextEdit(page);
  m_prompt->setObjectName(QStringLiteral("systemPrompt"));
  m_prompt->setPlaceholderText(tr("What the model should be and do"));
  m_prompt->setAccessibleName(tr("System prompt"));
  m_prompt->setTabChangesFocus(true);
  m_prompt->setFixedHeight(m_prompt->fontMetrics().lineSpacing() * kPromptLines + 2 * Theme::kGrid);
  QLabel* promptLabel = sectionLabel(tr("S&ystem prompt"), page);
  promptLabel->setBuddy(m_prompt);
  auto* delay = new QTimer(this);
  delay->setSingleShot(true);
  delay->setInterval(kPromptDelay);
  connect(m_prompt, &QPlainTextEdit::textChanged, delay, [delay] { delay->start(); });
  connect(delay, &QTimer::timeout, this, [this] { Q_EMIT systemPromptChanged(systemPrompt()); });

  m_sampling = new SamplingPanel(settings, page);
  m_context = new QuietSpinBox(page);
  m_context->setObjectName(QStringLiteral("contextLength"));
  m_context->setDecimals(0);
  m_context->setRange(0, kMostContext);
  m_context->setSingleStep(512);
  m_context->setKeyboardTracking(false);
  m_context->setSpecialValueText(tr("auto"));
  m_context->setAccessibleName(tr("Context length"));
  m_context->setToolTip(tr("Tokens that the model can look back on; more take more memory"));
  m_cacheFormat = new ChoiceBox(page);
  m_cacheFormat->setObjectName(QStringLiteral("cacheFormat"));
  m_cacheFormat->setAccessibleName(tr("Format of the key-value cache"));
  m_cacheFormat->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_cacheFormat->setMinimumContentsLength(4);
  for (const CacheFormatRow& row : kCacheFormats) m_cacheFormat->addItem(tr(row.title), static_cast<int>(row.format));
  m_cacheFormat->setToolTip(tr("How keys and values are kept: F32 takes twice the memory of F16"));
  m_context->setValue(settings.value(QStringLiteral("model/context"), 0).toDouble());
  const FormatId format = cacheFormatFrom(settings.value(QStringLiteral("model/cacheFormat")).toString());
  m_cacheFormat->setCurrentIndex(m_cacheFormat->findData(static_cast<int>(format)));
  connect(m_context, &QDoubleSpinBox::valueChanged, this, &Sidebar::contextChanged);
  connect(m_cacheFormat, &QComboBox::activated, this, &Sidebar::contextChanged);

  auto* form = new QFormLayout;
  form->setVerticalSpacing(Theme::kGrid / 4);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  auto* contextLabel = new QLabel(tr("&Context length"), page);
  contextLabel->setBuddy(m_context);
  auto* cacheLabel = new QLabel(tr("C&ache"), page);
  cacheLabel->setBuddy(m_cacheFormat);
  form->addRow(contextLabel, m_context);
  form->addRow(cacheLabel, m_cacheFormat);

  column->addWidget(promptLabel);
  column->addWidget(m_prompt);
  column->addSpacing(Theme::kGrid);
  column->addWidget(sectionLabel(tr("Sampling"), page));
  column->addWidget(m_sampling);
  column->addSpacing(Theme::kGrid);
  column->addWidget(sectionLabel(tr("Memory"), page));
  column->addLayout(form);
  column->addStretch(1);
  return page;
}

void Sidebar::setSystemPrompt(const QString& prompt) {
  if (prompt == systemPrompt()) return;
  const QSignalBlocker quiet(m_prompt);
  m_prompt->setPlainText(prompt);
}

QString Sidebar::systemPrompt() const { return m_prompt->toPlainText(); }

quint32 Sidebar::context() const { return static_cast<quint32>(m_context->value()); }

FormatId Sidebar::cacheFormat() const { return static_cast<FormatId>(m_cacheFormat->currentData().toInt()); }

void Sidebar::setModel(const LoadedModel* model) {
  const QString automatic = model == nullptr ? tr("auto") : tr("auto (%1)").arg(countText(model->context));
  m_context->setSpecialValueText(m_context->value() == 0 ? automatic : tr("auto"));
}

void Sidebar::setContext(quint32 context) {
  const QSignalBlocker quiet(m_context);
  m_context->setValue(context);
}

}  // namespace cutaway
