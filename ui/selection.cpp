#include "ui/selection.h"

namespace cutaway {

void Selection::setConversation(qint64 conversation) {
  if (conversation == m_conversation) return;
  m_conversation = conversation;
  m_tokens = m_hovered = {};
  Q_EMIT conversationChanged();
  Q_EMIT changed();
}

void Selection::setTokens(const TokenRange& tokens) {
  if (tokens == m_tokens) return;
  m_tokens = tokens;
  Q_EMIT changed();
}

void Selection::setHovered(const TokenRange& tokens) {
  if (tokens == m_hovered) return;
  m_hovered = tokens;
  Q_EMIT hoverChanged();
}

void Selection::setHead(int layer, int head) {
  if (layer == m_layer && head == m_head) return;
  m_layer = layer;
  m_head = head;
  Q_EMIT changed();
}

void Selection::setNeuron(int layer, int neuron) {
  if (layer == m_layer && neuron == m_neuron) return;
  m_layer = layer;
  m_neuron = neuron;
  Q_EMIT changed();
}

}  // namespace cutaway
