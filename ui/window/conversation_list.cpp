#include "ui/window/conversation_list.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QShortcut>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/base/text.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kSearchDelay = 200;  // ms after the last key

/// Headings small and muted; conversations with their number of messages at the right.
class Delegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    if (index.data(ConversationModel::headingRole).toBool()) return paintHeading(painter, option, index);
    QStyledItemDelegate::paint(painter, shortened(option), index);
    painter->save();
    const bool selected = option.state & QStyle::State_Selected;
    const ThemeColours& c = Theme::instance().colours();
    painter->setPen(selected ? c.accent : c.mutedText);
    painter->setFont(option.font);
    painter->drawText(option.rect.adjusted(0, 0, -Theme::kGrid, 0), Qt::AlignRight | Qt::AlignVCenter,
                      countText(index.data(ConversationModel::countRole).toInt()));
    painter->restore();
  }

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const int height = option.fontMetrics.height();
    const bool heading = index.data(ConversationModel::headingRole).toBool();
    return {1, heading ? height + 2 * Theme::kGrid : height + Theme::kGrid * 3 / 2};
  }

  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const override {
    editor->setGeometry(option.rect);
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    const QString count = countText(index.data(ConversationModel::countRole).toInt());
    const int room = option->rect.width() - 4 * Theme::kGrid - option->fontMetrics.horizontalAdvance(count);
    option->text = option->fontMetrics.elidedText(option->text, Qt::ElideRight, room);
  }

 private:
  static QStyleOptionViewItem shortened(const QStyleOptionViewItem& option) {
    QStyleOptionViewItem out = option;
    out.textElideMode = Qt::ElideRight;
    return out;
  }

  static void paintHeading(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) {
    painter->save();
    QFont font = option.font;
    font.setPointSizeF(font.pointSizeF() * 0.88);
    font.setWeight(QFont::DemiBold);
    painter->setFont(font);
    painter->setPen(Theme::instance().colours().mutedText);
    painter->drawText(option.rect.adjusted(Theme::kGrid / 2, Theme::kGrid / 2, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                      index.data().toString());
    painter->restore();
  }
};

}  // namespace

ConversationListPanel::ConversationListPanel(QWidget* parent)
    : QWidget(parent),
      m_search(new QLineEdit(this)),
      m_list(new QListView(this)),
      m_nothing(new QLabel(this)),
      m_model(new ConversationModel(this)) {
  m_search->setObjectName(QStringLiteral("conversationSearch"));
  m_search->setPlaceholderText(tr("Search conversations"));
  m_search->setAccessibleName(tr("Search conversations"));
  m_search->setClearButtonEnabled(true);
  m_list->setObjectName(QStringLiteral("conversationList"));
  m_list->setAccessibleName(tr("Conversations"));
  m_list->setModel(m_model);
  m_list->setItemDelegate(new Delegate(m_list));
  m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setContextMenuPolicy(Qt::CustomContextMenu);
  m_list->setFrameShape(QFrame::NoFrame);
  m_nothing->setAlignment(Qt::AlignCenter);
  m_nothing->setWordWrap(true);
  m_nothing->setForegroundRole(QPalette::PlaceholderText);
  m_nothing->hide();

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(Theme::kGrid / 2);
  column->addWidget(m_search);
  column->addWidget(m_nothing);
  column->addWidget(m_list, 1);

  auto* delay = new QTimer(this);
  delay->setSingleShot(true);
  delay->setInterval(kSearchDelay);
  connect(m_search, &QLineEdit::textChanged, delay, [delay] { delay->start(); });
  connect(delay, &QTimer::timeout, this, [this] { Q_EMIT searchChanged(search()); });
  const auto open = [this](const QModelIndex& index) {
    const qint64 id = index.data(ConversationModel::idRole).toLongLong();
    if (id != 0 && id != m_current) Q_EMIT opened(id);
  };
  connect(m_list, &QListView::clicked, this, open);
  connect(m_list, &QListView::activated, this, open);
  connect(m_model, &ConversationModel::renamed, this, &ConversationListPanel::renamed);
  connect(m_list, &QListView::customContextMenuRequested, this, &ConversationListPanel::showMenu);
  auto* remove = new QShortcut(Qt::Key_Delete, m_list, nullptr, nullptr, Qt::WidgetShortcut);
  connect(remove, &QShortcut::activated, this, [this] {
    const qint64 id = m_list->currentIndex().data(ConversationModel::idRole).toLongLong();
    if (id != 0) Q_EMIT deleteRequested(id);
  });
}

void ConversationListPanel::setConversations(const ConversationList& list) {
  // A name being typed must not be lost because a message was stored meanwhile.
  if (m_list->isPersistentEditorOpen(m_list->currentIndex())) return;
  m_model->setConversations(list);
  m_nothing->setText(search().isEmpty() ? tr("No conversations yet") : tr("Nothing found"));
  m_nothing->setVisible(list.isEmpty());
  setCurrent(m_current);
}

void ConversationListPanel::setCurrent(qint64 conversation) {
  m_current = conversation;
  const QModelIndex index = m_model->indexOf(conversation);
  if (index.isValid()) return m_list->setCurrentIndex(index);
  m_list->setCurrentIndex({});
}

qint64 ConversationListPanel::current() const { return m_current; }
QString ConversationListPanel::search() const { return m_search->text().trimmed(); }

void ConversationListPanel::focusSearch() {
  m_search->setFocus(Qt::ShortcutFocusReason);
  m_search->selectAll();
}

void ConversationListPanel::renameCurrent() {
  // Who walks through the list by key means its row; everyone else the conversation that is shown.
  const QModelIndex index = m_list->hasFocus() ? m_list->currentIndex() : m_model->indexOf(m_current);
  if (index.isValid()) m_list->edit(index);
}

void ConversationListPanel::showMenu(const QPoint& at) {
  const QModelIndex index = m_list->indexAt(at);
  const qint64 id = index.data(ConversationModel::idRole).toLongLong();
  if (id == 0) return;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Rename"), this, [this, index] { m_list->edit(index); });
  menu->addAction(tr("Export as Markdown…"), this, [this, id] { Q_EMIT exportRequested(id); });
  menu->addSeparator();
  menu->addAction(tr("Delete"), this, [this, id] { Q_EMIT deleteRequested(id); });
  menu->popup(m_list->viewport()->mapToGlobal(at));
}

}  // namespace cutaway
