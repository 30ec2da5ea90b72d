// The one selection that every view follows: conversation, token range, layer, head, neuron.
#pragma once

#include <QObject>

namespace cutaway {

/// Tokens of one message, first to last; none when first is -1.
struct TokenRange {
  qint64 message = 0;
  int first = -1, last = -1;

  bool isEmpty() const { return first < 0; }
  bool operator==(const TokenRange&) const = default;
};

/// UI thread only. -1 stands for "none chosen" throughout. A setter that changes nothing says nothing.
class Selection : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  qint64 conversation() const { return m_conversation; }
  const TokenRange& tokens() const { return m_tokens; }
  const TokenRange& hovered() const { return m_hovered; }
  int layer() const { return m_layer; }
  int head() const { return m_head; }
  int neuron() const { return m_neuron; }
  /// What a view of single tokens shows: the hovered one, else the selected ones.
  const TokenRange& shown() const { return m_hovered.isEmpty() ? m_tokens : m_hovered; }

  void setConversation(qint64 conversation);  ///< forgets the tokens
  void setTokens(const TokenRange& tokens);
  void setHovered(const TokenRange& tokens);
  void setHead(int layer, int head);
  void setNeuron(int layer, int neuron);

 Q_SIGNALS:
  void changed();  ///< anything but what is hovered
  void conversationChanged();
  void hoverChanged();

 private:
  qint64 m_conversation = 0;
  TokenRange m_tokens, m_hovered;
  int m_layer = -1, m_head = -1, m_neuron = -1;
};

}  // namespace cutaway
