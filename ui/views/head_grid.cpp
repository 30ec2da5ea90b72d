#include "ui/views/head_grid.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/chat/token_tip.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kStripSteps = 48;  ///< a strip's resolution; tokens that share a step are shown by the heaviest
constexpr int kMargin = 22;      ///< for the numbers of layers and heads
constexpr int kGap = 2;
constexpr int kLeastHeight = 8, kMostHeight = 16;

}  // namespace

HeadGrid::HeadGrid(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("Attention of every layer and head"));
  setObjectName(QStringLiteral("headGrid"));
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    drawStrips();
    update();
  });
}

void HeadGrid::setAttention(std::optional<TokenAttention> attention) {
  m_attention = std::move(attention);
  drawStrips();
  updateGeometry();
  update();
}

void HeadGrid::setWithoutSink(bool without) {
  m_withoutSink = without;
  drawStrips();
  update();
}

void HeadGrid::setCurrent(int layer, int head) {
  m_layer = layer;
  m_head = head;
  setAccessibleDescription(describe(layer, head));
  update();
}

QSize HeadGrid::sizeHint() const {
  if (!m_attention) return {0, 0};
  const int height = std::clamp(320 / m_attention->layers(), kLeastHeight, kMostHeight);
  return {kMargin + m_attention->heads() * 24, kMargin + m_attention->layers() * (height + kGap)};
}

/// The square root tells weights of 0.01 from 0, which a linear scale does not.
void HeadGrid::drawStrips() {
  m_strips = {};
  if (!m_attention) return;
  const TokenAttention& attention = *m_attention;
  m_strips = QImage(attention.heads() * kStripSteps, attention.layers(), QImage::Format_RGB32);
  const ThemeColours& c = Theme::instance().colours();
  for (int layer = 0; layer < attention.layers(); ++layer) {
    for (int head = 0; head < attention.heads(); ++head) {
      const std::vector<float> row = attention.row(layer, head, m_withoutSink);
      const auto size = static_cast<int>(row.size());
      for (int step = 0; step < kStripSteps; ++step) {
        const int first = step * size / kStripSteps, last = qMax(first + 1, (step + 1) * size / kStripSteps);
        const float most = *std::max_element(row.begin() + first, row.begin() + last);
        const QColor colour =
            mixPerceptually(c.accentTint, c.accent, std::sqrt(std::clamp(most, 0.0f, 1.0f)));
        m_strips.setPixelColor(head * kStripSteps + step, layer, colour);
      }
    }
  }
}

QRect HeadGrid::cell(int layer, int head) const {
  const int heads = m_attention->heads(), layers = m_attention->layers();
  const int left = kMargin + (width() - kMargin) * head / heads,
            right = kMargin + (width() - kMargin) * (head + 1) / heads;
  const int top = kMargin + (height() - kMargin) * layer / layers,
            bottom = kMargin + (height() - kMargin) * (layer + 1) / layers;
  return {left, top, qMax(1, right - left - kGap), qMax(1, bottom - top - kGap)};
}

std::pair<int, int> HeadGrid::headAt(QPoint place) const {
  if (!m_attention || place.x() < kMargin || place.y() < kMargin || !rect().contains(place)) return {-1, -1};
  const int head = (place.x() - kMargin) * m_attention->heads() / qMax(1, width() - kMargin);
  const int layer = (place.y() - kMargin) * m_attention->layers() / qMax(1, height() - kMargin);
  return {qMin(layer, m_attention->layers() - 1), qMin(head, m_attention->heads() - 1)};
}

QString HeadGrid::describe(int layer, int head) const {
  if (!m_attention || layer < 0 || layer >= m_attention->layers() || head < 0 || head >= m_attention->heads())
    return {};
  QString text = tr("Layer %1, head %2").arg(layer).arg(head);
  const std::vector<float> row = m_attention->row(layer, head, m_withoutSink);
  for (const int token : heaviest(row, 3, 0.01f))
    text += tr("\n%1  %2").arg(percentText(row[token]), tokenLabel(m_attention->piece(token)));
  return text;
}

bool HeadGrid::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const auto [layer, head] = headAt(help->pos());
  if (layer < 0) {
    QToolTip::hideText();
  } else {
    QToolTip::showText(help->globalPos(), describe(layer, head), this, cell(layer, head));
  }
  return true;
}

void HeadGrid::paintEvent(QPaintEvent*) {
  if (!m_attention) return;
  QPainter painter(this);
  const ThemeColours& c = Theme::instance().colours();
  QFont small = font();
  small.setPointSizeF(small.pointSizeF() * 0.8);
  painter.setFont(small);
  painter.setPen(c.mutedText);
  const int everyLayer = qMax(1, 14 * m_attention->layers() / qMax(1, height() - kMargin));
  for (int layer = 0; layer < m_attention->layers(); layer += everyLayer) {
    const QRect first = cell(layer, 0);
    painter.drawText(QRect(0, first.center().y() - 8, kMargin - 4, 16), Qt::AlignRight | Qt::AlignVCenter,
                     QString::number(layer));
  }
  const int everyHead = qMax(1, 18 * m_attention->heads() / qMax(1, width() - kMargin));
  for (int head = 0; head < m_attention->heads(); head += everyHead) {
    const QRect first = cell(0, head);
    painter.drawText(QRect(first.center().x() - 12, 0, 24, kMargin - 4), Qt::AlignHCenter | Qt::AlignBottom,
                     QString::number(head));
  }
  for (int layer = 0; layer < m_attention->layers(); ++layer) {
    for (int head = 0; head < m_attention->heads(); ++head)
      painter.drawImage(cell(layer, head), m_strips, QRect(head * kStripSteps, layer, kStripSteps, 1));
  }
  if (m_layer < 0 || m_layer >= m_attention->layers() || m_head < 0 || m_head >= m_attention->heads()) return;
  painter.setPen(QPen(c.text, 2));
  painter.drawRect(cell(m_layer, m_head).adjusted(-1, -1, 1, 1));
}

void HeadGrid::mousePressEvent(QMouseEvent* event) {
  const auto [layer, head] = headAt(event->position().toPoint());
  if (layer < 0) return QWidget::mousePressEvent(event);
  const bool again = layer == m_layer && head == m_head;
  Q_EMIT headChosen(again ? -1 : layer, again ? -1 : head);
}

void HeadGrid::keyPressEvent(QKeyEvent* event) {
  static constexpr struct {
    int key, layers, heads;
  } kMoves[] = {{Qt::Key_Up, -1, 0}, {Qt::Key_Down, 1, 0}, {Qt::Key_Left, 0, -1}, {Qt::Key_Right, 0, 1}};
  const auto* move = std::ranges::find(kMoves, event->key(), [](const auto& m) { return m.key; });
  if (!m_attention || move == std::end(kMoves)) return QWidget::keyPressEvent(event);
  const int layer = qBound(0, m_layer + move->layers, m_attention->layers() - 1);
  const int head = qBound(0, m_head + move->heads, m_attention->heads() - 1);
  Q_EMIT headChosen(layer, head);
}

}  // namespace cutaway
