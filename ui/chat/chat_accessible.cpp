#include "ui/chat/chat_accessible.h"

#include <QAccessible>
#include <QAccessibleActionInterface>
#include <QAccessibleWidget>
#include <QHash>

#include "ui/chat/chat_view_private.h"

namespace cutaway {

/// One message. Lives in Qt's accessibility cache; valid as long as the view still has the row.
class ChatItemAccessible : public QAccessibleInterface, public QAccessibleActionInterface {
 public:
  ChatItemAccessible(ChatView* view, int row) : m_view(view), m_row(row) {}

  bool isValid() const override { return m_view && m_row < m_view->m_d->document.count(); }
  QObject* object() const override { return nullptr; }
  QWindow* window() const override { return m_view ? m_view->window()->windowHandle() : nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  QAccessibleInterface* parent() const override {
    return QAccessible::queryAccessibleInterface(m_view.data());
  }
  QAccessibleInterface* child(int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return QAccessible::ListItem; }

  QString text(QAccessible::Text kind) const override {
    if (!isValid()) return {};
    const ChatItem& item = m_view->items()[m_row];
    if (kind == QAccessible::Description) return item.footer;
    if (kind != QAccessible::Name && kind != QAccessible::Value) return {};
    QString said = plainText(item, 0, int(item.text.size()));
    if (kind == QAccessible::Value) return said;
    if (item.role == ChatRole::assistant && !item.streaming && said.trimmed().isEmpty()) said = invisibleAnswerText();
    switch (item.role) {
      case ChatRole::user:
        return ChatText::tr("You: %1").arg(said);
      case ChatRole::assistant:
        return ChatText::tr("Model: %1").arg(said);
      case ChatRole::system:
        return ChatText::tr("System prompt: %1").arg(said);
      case ChatRole::notice:
        return said;
    }
    return said;
  }
  void setText(QAccessible::Text, const QString&) override {}

  QRect rect() const override {
    if (!isValid()) return {};
    const auto& d = *m_view->m_d;
    const QRect local(0, int(d.document.topOf(m_row) - d.scroll()), m_view->viewport()->width(),
                      int(d.document.heightOf(m_row)));
    return {m_view->viewport()->mapToGlobal(local.topLeft()), local.size()};
  }

  QAccessible::State state() const override {
    QAccessible::State state;
    if (!isValid()) {
      state.invalid = true;
      return state;
    }
    state.focusable = true;
    state.readOnly = true;
    state.multiLine = true;
    state.focused = m_view->m_d->focusedRow == m_row && m_view->hasFocus();
    state.busy = m_view->items()[m_row].streaming;
    state.offscreen =
        !rect().intersects(QRect(m_view->viewport()->mapToGlobal(QPoint()), m_view->viewport()->size()));
    return state;
  }

  void* interface_cast(QAccessible::InterfaceType type) override {
    return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
  }

  QStringList actionNames() const override {
    QStringList names;
    if (isValid())
      for (const ActionSpot& spot : m_view->m_d->document.layout(m_row).actions())
        if (spot.enabled) names << spot.name;
    return names << setFocusAction();
  }
  QString localizedActionName(const QString& name) const override { return name; }
  QString localizedActionDescription(const QString& name) const override { return name; }
  QStringList keyBindingsForAction(const QString&) const override { return {}; }
  void doAction(const QString& name) override {
    if (!isValid()) return;
    if (name == setFocusAction()) {
      m_view->setFocus();
      return m_view->m_d->focusRow(m_row);
    }
    const auto& actions = m_view->m_d->document.layout(m_row).actions();
    for (int i = 0; i < actions.size(); ++i)
      if (actions[i].name == name && actions[i].enabled) return m_view->m_d->perform(m_row, i);
  }

 private:
  QPointer<ChatView> m_view;
  int m_row;
};

class ChatViewAccessible : public QAccessibleWidget {
 public:
  explicit ChatViewAccessible(ChatView* view) : QAccessibleWidget(view, QAccessible::List), m_view(view) {}
  ~ChatViewAccessible() override {
    for (QAccessible::Id id : std::as_const(m_children)) QAccessible::deleteAccessibleInterface(id);
  }

  int childCount() const override { return m_view->m_d->document.count(); }
  QAccessibleInterface* child(int row) const override {
    if (row < 0 || row >= childCount()) return nullptr;
    if (!m_children.contains(row))
      m_children[row] = QAccessible::registerAccessibleInterface(new ChatItemAccessible(m_view, row));
    return QAccessible::accessibleInterface(m_children[row]);
  }
  int indexOfChild(const QAccessibleInterface* wanted) const override {
    for (auto [row, id] : m_children.asKeyValueRange())
      if (QAccessible::accessibleInterface(id) == wanted) return row;
    return -1;
  }
  QAccessibleInterface* childAt(int x, int y) const override {
    const auto spot = m_view->m_d->spotAt(m_view->viewport()->mapFromGlobal(QPoint(x, y)));
    return child(spot.row);
  }
  QAccessibleInterface* focusChild() const override { return child(m_view->m_d->focusedRow); }

 private:
  ChatView* m_view;
  mutable QHash<int, QAccessible::Id> m_children;  ///< by row
};

namespace {

QAccessibleInterface* makeInterface(const QString& className, QObject* object) {
  if (className != QLatin1String("cutaway::ChatView")) return nullptr;
  return new ChatViewAccessible(static_cast<ChatView*>(object));
}

AccessibleSender g_sender = QAccessible::updateAccessibility;

void tell(ChatView& view, int row, QAccessible::Event kind) {
  QAccessibleEvent event(&view, kind);
  event.setChild(row);
  g_sender(&event);
}

}  // namespace

void installChatAccessibility() {
  static const bool installed = [] {
    QAccessible::installFactory(makeInterface);
    return true;
  }();
  Q_UNUSED(installed);
}

void announceFinished(ChatView& view, int row) {
  tell(view, row, QAccessible::NameChanged);
  tell(view, row, QAccessible::Alert);  // read out wherever the focus is
}

void setAccessibleSender(AccessibleSender sender) { g_sender = sender; }

void announceFocus(ChatView& view, int row) { tell(view, row, QAccessible::Focus); }

void announceToken(TokenTip& tip, const ChatToken& token) {
  tip.setAccessibleName(describeToken(token));
  QAccessibleEvent event(&tip, QAccessible::Alert);
  g_sender(&event);
}

}  // namespace cutaway
