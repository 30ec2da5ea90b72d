// The edits that a user has listed, each on or off, and whether they act in the chat: one list for all views.
#pragma once

#include <QObject>
#include <QStringList>
#include <vector>

namespace cutaway {

/// UI thread only. Every change can be undone. Texts are edits as the command line takes them (core/graph/edit_text.h).
class EditBook : public QObject {
  Q_OBJECT

 public:
  struct Item {
    QString text;
    bool on = true;
    bool operator==(const Item&) const = default;
  };
  using Items = std::vector<Item>;

  using QObject::QObject;

  const Items& items() const { return m_now.items; }
  bool inChat() const { return m_now.inChat; }
  QStringList chosen() const;  ///< texts of those that are on
  QStringList wanted() const { return inChat() ? chosen() : QStringList(); }  ///< in the chat
  bool canUndo() const { return !m_past.empty(); }

  void add(const QString& text);
  void remove(int row);
  void setOn(int row, bool on);
  void setInChat(bool inChat);
  void undo();
  /// Takes the place of the item that has `mark` in its text, or is a new one, and acts in the chat; empty: that item
  /// goes. Others that did not act in the chat are switched off. Changes in a row count as one for undo().
  void steer(const QString& mark, const QString& text);
  /// The chat does without them, though the list stays; not undone.
  void refuse();

 Q_SIGNALS:
  void changed();

 private:
  struct State {
    Items items;
    bool inChat = false;
    bool operator==(const State&) const = default;
  };
  bool change(State next);

  State m_now;
  std::vector<State> m_past;  ///< before each change
  QString m_steering;         ///< the mark of the last change, if that was steering
};

}  // namespace cutaway
