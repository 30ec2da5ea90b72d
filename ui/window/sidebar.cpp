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
#include "ui/theme.h"
#include "ui/window/quiet_spin_box.h"

namespace cutaway {
namespace {

constexpr int kPromptDelay = 400;  // ms after the last key
constexpr int kPromptLines = 3;
constexpr int kListHeight = 320, kLeastListHeight = 150;  // pixels
constexpr int kMostContext = 1 << 24;

struct CacheFormatRow {
  FormatId format;
  const char* title;
};
constexpr CacheFormatRow kCacheFormats[] = {
    {FormatId::f16, QT_TRANSLATE_NOOP("Sidebar", "F16")},
    {FormatId::f32, QT_TRANSLATE_NOOP("Sidebar", "F32 (twice the memory)")},
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

  auto* scroll = new QScrollArea(this);
  scroll->setObjectName(QStringLiteral("settingsScroll"));
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setWidget(createSettings(settings));
  scroll->viewport()->setAutoFillBackground(false);
  scroll->widget()->setAutoFillBackground(false);

  auto* split = new QSplitter(Qt::Vertical, this);
  split->setObjectName(QStringLiteral("sidebarSplit"));
  split->setChildrenCollapsible(false);
  split->addWidget(top);
  split->addWidget(scroll);
  split->setStretchFactor(0, 1);
  split->setStretchFactor(1, 0);
  split->setSizes({kListHeight, scroll->widget()->sizeHint().height()});
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(split);
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
  m_context->setSpecialValueText(tr("automatic"));
  m_context->setAccessibleName(tr("Context length"));
  m_context->setToolTip(tr("Tokens that the model can look back on; more take more memory"));
  m_cacheFormat = new QComboBox(page);
  m_cacheFormat->setObjectName(QStringLiteral("cacheFormat"));
  m_cacheFormat->setAccessibleName(tr("Format of the key-value cache"));
  m_cacheFormat->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_cacheFormat->setMinimumContentsLength(4);
  for (const CacheFormatRow& row : kCacheFormats) m_cacheFormat->addItem(tr(row.title), static_cast<int>(row.format));
  m_context->setValue(settings.value(QStringLiteral("model/context"), 0).toDouble());
  const int format = settings.value(QStringLiteral("model/cacheFormat"), static_cast<int>(FormatId::f16)).toInt();
  m_cacheFormat->setCurrentIndex(qMax(0, m_cacheFormat->findData(format)));
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
  const QString automatic = model == nullptr ? tr("automatic") : tr("automatic (%1)").arg(countText(model->context));
  m_context->setSpecialValueText(m_context->value() == 0 ? automatic : tr("automatic"));
}

void Sidebar::setContext(quint32 context) {
  const QSignalBlocker quiet(m_context);
  m_context->setValue(context);
}

}  // namespace cutaway
