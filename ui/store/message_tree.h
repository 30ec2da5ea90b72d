// A conversation in memory: the tree of its messages and the path through it that is shown.
#pragma once

#include <QHash>
#include <QVector>

#include "ui/store/store_data.h"

namespace cutaway {

/// Messages are added and changed, never removed. A path goes from a first message to a leaf; at every fork it
/// follows the child that was shown last, at first the newest.
class MessageTree {
 public:
  MessageTree() = default;
  /// A message whose line of parents is broken (one is missing, or they form a cycle) counts as a first one.
  explicit MessageTree(const ConversationData& data);

  bool isEmpty() const { return m_messages.isEmpty(); }
  int size() const { return static_cast<int>(m_messages.size()); }
  const StoredMessage* find(qint64 id) const;
  StoredMessage* find(qint64 id);

  /// Adds a message below its parent and shows it.
  void add(StoredMessage message);
  /// Shows the sibling `step` places further; false at the end of the row.
  bool switchSibling(qint64 id, int step);
  /// Shows this message and what follows it.
  void show(qint64 id);

  QVector<qint64> path() const;  ///< first message to leaf
  qint64 leaf() const;           ///< 0 when empty
  QVector<qint64> lineTo(qint64 id) const;  ///< first message to this one; empty for 0
  const QVector<qint64>& children(qint64 parent) const;  ///< in the order of their making; of 0: first messages
  const QVector<qint64>& siblings(qint64 id) const;  ///< with itself, in the order of their making

 private:
  bool endsAtRoot(qint64 id) const;
  void link(qint64 id, qint64 parent);

  QHash<qint64, StoredMessage> m_messages;
  QHash<qint64, QVector<qint64>> m_children;  ///< by parent; 0: first messages
  QHash<qint64, qint64> m_shown;              ///< by parent: the child on the path
};

}  // namespace cutaway
