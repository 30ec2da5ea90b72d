#include "ui/store/message_tree.h"

namespace cutaway {

MessageTree::MessageTree(const ConversationData& data) {
  for (const StoredMessage& message : data.messages) m_messages.insert(message.id, message);
  for (const StoredMessage& message : data.messages) {
    link(message.id, endsAtRoot(message.id) ? message.parent : 0);
  }
  if (m_messages.contains(data.summary.leaf)) show(data.summary.leaf);
}

bool MessageTree::endsAtRoot(qint64 id) const {
  const StoredMessage* message = find(id);
  for (qsizetype steps = 0; message != nullptr && steps <= m_messages.size(); ++steps) {
    if (message->parent == 0) return true;
    message = find(message->parent);
  }
  return false;
}

void MessageTree::link(qint64 id, qint64 parent) {
  m_messages[id].parent = parent;
  m_children[parent].append(id);
  m_shown[parent] = id;
}

const StoredMessage* MessageTree::find(qint64 id) const {
  const auto it = m_messages.constFind(id);
  return it == m_messages.cend() ? nullptr : &*it;
}

StoredMessage* MessageTree::find(qint64 id) {
  const auto it = m_messages.find(id);
  return it == m_messages.end() ? nullptr : &*it;
}

void MessageTree::add(StoredMessage message) {
  const qint64 id = message.id, parent = message.parent;
  m_messages.insert(id, std::move(message));
  link(id, parent);
  show(id);
}

void MessageTree::show(qint64 id) {
  for (const StoredMessage* message = find(id); message != nullptr; message = find(message->parent)) {
    m_shown[message->parent] = message->id;
  }
}

QVector<qint64> MessageTree::lineTo(qint64 id) const {
  QVector<qint64> line;
  for (const StoredMessage* m = find(id); m != nullptr; m = find(m->parent)) line.prepend(m->id);
  return line;
}

const QVector<qint64>& MessageTree::children(qint64 parent) const {
  static const QVector<qint64> none;
  const auto it = m_children.constFind(parent);
  return it == m_children.cend() ? none : *it;
}

const QVector<qint64>& MessageTree::siblings(qint64 id) const {
  const StoredMessage* message = find(id);
  return children(message == nullptr ? id : message->parent);
}

bool MessageTree::switchSibling(qint64 id, int step) {
  const QVector<qint64>& row = siblings(id);
  const qsizetype next = row.indexOf(id) + step;
  if (row.isEmpty() || next < 0 || next >= row.size()) return false;
  show(row[next]);
  return true;
}

QVector<qint64> MessageTree::path() const {
  QVector<qint64> path;
  for (auto it = m_shown.constFind(0); it != m_shown.cend(); it = m_shown.constFind(*it)) path.append(*it);
  return path;
}

qint64 MessageTree::leaf() const {
  const QVector<qint64> shown = path();
  return shown.isEmpty() ? 0 : shown.last();
}

}  // namespace cutaway
