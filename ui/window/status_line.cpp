#include "ui/window/status_line.h"

#include "ui/base/text.h"

namespace cutaway {

StatusLine::StatusLine(QWidget* parent) : QLabel(parent) {
  setObjectName(QStringLiteral("statusLine"));
  setTextFormat(Qt::PlainText);
  setForegroundRole(QPalette::PlaceholderText);
  setContentsMargins(6, 0, 6, 0);
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  setModel(nullptr);
}

void StatusLine::setModel(const LoadedModel* model) {
  m_model = model == nullptr ? tr("no model") : model->card.title();
  m_device = model == nullptr ? QString() : model->device;
  m_speed.clear();
  if (model == nullptr) m_memory.clear();
  if (model == nullptr) m_context.clear();
  if (model != nullptr) return setMemory(model->memory);
  refresh();
}

void StatusLine::setMemory(const MemoryUse& use) {
  m_memory = tr("%1 on device, %2 free").arg(bytesText(use.total()), bytesText(use.available));
  refresh();
}

void StatusLine::setContextUsed(quint32 tokens, quint32 context) {
  m_context = tr("context %1 / %2").arg(countText(tokens), countText(context));
  refresh();
}

void StatusLine::setSpeed(const AnswerStats& stats) {
  QStringList parts;
  if (stats.secondsToFirst > 0) parts += tr("%1 to first token").arg(secondsText(stats.secondsToFirst));
  if (stats.generateRate > 0) parts += rateText(stats.generateRate);
  parts += tr("%1 of %2 prompt tokens reused").arg(countText(stats.reusedTokens), countText(stats.promptTokens));
  m_speed = parts.join(QStringLiteral("   "));
  refresh();
}

void StatusLine::setActivity(const QString& text) {
  m_activity = text;
  refresh();
}

QString StatusLine::fullText() const {
  QStringList parts{m_activity, m_model, m_device, m_memory, m_context, m_speed};
  parts.removeAll({});
  return parts.join(QStringLiteral("   "));
}

void StatusLine::refresh() {
  const QString all = fullText();
  setText(fontMetrics().elidedText(all, Qt::ElideRight, contentsRect().width()));
  setToolTip(all);
  setAccessibleName(all);
}

void StatusLine::resizeEvent(QResizeEvent* event) {
  QLabel::resizeEvent(event);
  refresh();
}

}  // namespace cutaway
