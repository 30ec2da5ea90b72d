#include "ui/views/graph_picture.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "core/run/model.h"
#include "ui/theme.h"

namespace cutaway {
namespace {

constexpr int kLeastBox = 132;  ///< pixels
constexpr int kArrow = 4;

QRect rectangle(const DrawnRect& rect) { return {rect.x, rect.y, rect.width, rect.height}; }

/// Inside a layer, whose number the frame says: "blk.3.attn.q" is "attn.q".
QString shortName(const std::string& name) {
  QString text = QString::fromStdString(name);
  if (text.startsWith(QLatin1String("blk."))) text = text.section(QLatin1Char('.'), 2);
  return text;
}

}  // namespace

GraphPicture::GraphPicture(QWidget* parent) : QWidget(parent) {
  setFocusPolicy(Qt::StrongFocus);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void GraphPicture::setModel(std::shared_ptr<const ModelDescription> model, int layer) {
  if (model == m_model && layer == m_layer) return;
  m_model = std::move(model);
  m_layer = layer;
  draw();
}

void GraphPicture::draw() {
  const QFontMetrics metrics(font());
  DrawingSizes sizes;
  sizes.boxWidth = std::max(kLeastBox, 20 * metrics.averageCharWidth());
  sizes.boxHeight = sizes.valueHeight = 2 * metrics.height() + Theme::kGrid / 2;
  m_drawing = m_model ? drawGraph(m_model->graph(), static_cast<std::uint32_t>(std::max(m_layer, 0)), sizes) : GraphDrawing();
  if (rectOf(m_current).isNull()) m_current = kNone;
  setFixedSize(std::max(m_drawing.width, 1), std::max(m_drawing.height, 1));
  update();
}

QSize GraphPicture::sizeHint() const { return {std::max(m_drawing.width, 1), std::max(m_drawing.height, 1)}; }

QRect GraphPicture::rectOf(ValueId value) const {
  const auto found = std::ranges::find(m_drawing.values, value, &DrawnValue::value);
  return found == m_drawing.values.end() ? QRect() : rectangle(found->rect);
}

void GraphPicture::setCurrent(ValueId value) {
  if (rectOf(value).isNull()) value = kNone;
  if (value == m_current) return;
  m_current = value;
  setAccessibleDescription(describe(value));
  QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&changed);
  update();
}

void GraphPicture::choose(ValueId value) {
  setCurrent(value);
  Q_EMIT valueChosen(value);
}

QString GraphPicture::describe(ValueId value) const {
  if (!m_model || value < 0 || value >= std::ssize(m_model->graph().values)) return {};
  const Graph& graph = m_model->graph();
  const Value& it = graph.values[static_cast<std::size_t>(value)];
  return QStringLiteral("%1, %2").arg(QString::fromStdString(it.name), QString::fromStdString(symbolicShape(graph, value))) +
         (it.onDemand ? QLatin1String(", ") + tr("computed when it is asked for") : QString());
}

QString GraphPicture::boxText(const DrawnBox& box) const {
  if (box.node != kNone) return QString::fromUtf8(opInfo(m_model->graph().nodes[static_cast<std::size_t>(box.node)].op).name);
  if (box.foldedLayers == 1) return tr("layer %1").arg(box.firstLayer);
  return tr("layers %1 to %2").arg(box.firstLayer).arg(box.firstLayer + box.foldedLayers - 1);
}

/// "attn_q Q4_K", or how often a folded layer is repeated.
QString GraphPicture::boxWeights(const DrawnBox& box) const {
  if (box.node == kNone) return tr("× %1, click to open").arg(box.foldedLayers);
  const Graph& graph = m_model->graph();
  QStringList weights;
  for (const WeightId id : graph.nodes[static_cast<std::size_t>(box.node)].weights) {
    if (id == kNone) continue;
    const std::string& name = graph.weights[static_cast<std::size_t>(id)].name;
    const TensorInfo* tensor = m_model->file.find(name);
    QString text = shortName(name);
    if (text.endsWith(QLatin1String(".weight"))) text.chop(7);
    weights += tensor == nullptr ? text : text + QLatin1Char(' ') + QLatin1String(numberFormat(tensor->format).name);
  }
  return weights.join(QLatin1String(", "));
}

QString GraphPicture::describeBox(const DrawnBox& box) const {
  QStringList lines = {boxText(box)};
  if (box.node != kNone) lines += QString::fromUtf8(opInfo(m_model->graph().nodes[static_cast<std::size_t>(box.node)].op).meaning);
  if (const QString weights = boxWeights(box); !weights.isEmpty()) lines += weights;
  return lines.join(QLatin1Char('\n'));
}

int GraphPicture::boxAt(QPoint place) const {
  const auto found = std::ranges::find_if(m_drawing.boxes, [&](const DrawnBox& box) { return rectangle(box.rect).contains(place); });
  return found == m_drawing.boxes.end() ? -1 : static_cast<int>(found - m_drawing.boxes.begin());
}

ValueId GraphPicture::valueAt(QPoint place) const {
  const auto found = std::ranges::find_if(m_drawing.values, [&](const DrawnValue& value) { return rectangle(value.rect).contains(place); });
  return found == m_drawing.values.end() ? kNone : found->value;
}

bool GraphPicture::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const int box = boxAt(help->pos());
  const QString text = box >= 0 ? describeBox(m_drawing.boxes[static_cast<std::size_t>(box)]) : describe(valueAt(help->pos()));
  if (text.isEmpty()) QToolTip::hideText();
  else QToolTip::showText(help->globalPos(), text, this);
  return true;
}

void GraphPicture::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) draw();
}

void GraphPicture::mousePressEvent(QMouseEvent* event) {
  const QPoint place = event->position().toPoint();
  if (const ValueId value = valueAt(place); value != kNone) return choose(value);
  if (const int box = boxAt(place); box >= 0) {
    const DrawnBox& it = m_drawing.boxes[static_cast<std::size_t>(box)];
    if (it.node == kNone)  // the end that is next to the layer in full
      return Q_EMIT layerChosen(static_cast<int>(static_cast<int>(it.firstLayer) < m_layer ? it.firstLayer + it.foldedLayers - 1 : it.firstLayer));
    for (const DrawnValue& value : m_drawing.values)
      if (m_model->graph().values[static_cast<std::size_t>(value.value)].node == it.node &&
          !m_model->graph().values[static_cast<std::size_t>(value.value)].onDemand)
        return choose(value.value);
  }
  QWidget::mousePressEvent(event);
}

/// The nearest value in the direction of the arrow; across counts double, so that a column is kept.
void GraphPicture::keyPressEvent(QKeyEvent* event) {
  const QPoint way = event->key() == Qt::Key_Up     ? QPoint(0, -1)
                     : event->key() == Qt::Key_Down  ? QPoint(0, 1)
                     : event->key() == Qt::Key_Left  ? QPoint(-1, 0)
                     : event->key() == Qt::Key_Right ? QPoint(1, 0)
                                                     : QPoint();
  if (way.isNull() || m_drawing.values.empty()) return QWidget::keyPressEvent(event);
  if (m_current == kNone) return choose(m_drawing.values.front().value);
  const QPoint from = rectOf(m_current).center();
  ValueId nearest = kNone;
  int least = INT_MAX;
  for (const DrawnValue& value : m_drawing.values) {
    const QPoint away = rectangle(value.rect).center() - from;
    const int ahead = QPoint::dotProduct(away, way);
    const int distance = ahead + 2 * std::abs(QPoint::dotProduct(away, {way.y(), way.x()}));
    if (ahead <= 0 || distance >= least) continue;
    least = distance;
    nearest = value.value;
  }
  if (nearest != kNone) choose(nearest);
}

void GraphPicture::paintEvent(QPaintEvent*) {
  if (!m_model) return;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ThemeColours& c = Theme::instance().colours();
  if (m_drawing.layer.width > 0) {
    const QRect frame = rectangle(m_drawing.layer);
    painter.setPen(c.hairline);
    painter.setBrush(c.window);
    painter.drawRoundedRect(QRectF(frame).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    painter.setPen(c.mutedText);
    painter.drawText(frame.adjusted(0, 2, -Theme::kGrid, 0), Qt::AlignRight | Qt::AlignTop,
                     tr("layer %1").arg(std::clamp(m_layer, 0, std::max(0, static_cast<int>(m_model->graph().layers) - 1))));
  }
  for (const DrawnEdge& edge : m_drawing.edges) paintEdge(painter, edge);
  for (const DrawnBox& box : m_drawing.boxes) paintBox(painter, box);
  for (const DrawnValue& value : m_drawing.values) paintValue(painter, value);
}

void GraphPicture::paintBox(QPainter& painter, const DrawnBox& box) const {
  const ThemeColours& c = Theme::instance().colours();
  const QRect rect = rectangle(box.rect), inner = rect.adjusted(Theme::kGrid / 2, 2, -Theme::kGrid / 2, -2);
  const QFontMetrics metrics(font());
  painter.setPen(c.mutedText);
  painter.setBrush(c.panel);
  painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
  if (box.node == kNone)
    painter.drawRoundedRect(QRectF(rect).adjusted(3.5, 3.5, -3.5, -3.5), 2, 2);  // doubled: there is more inside
  const QString weights = boxWeights(box);
  QFont bold = font();
  bold.setWeight(QFont::DemiBold);
  painter.setFont(bold);
  painter.setPen(c.text);
  painter.drawText(inner, weights.isEmpty() ? Qt::AlignCenter : Qt::AlignHCenter | Qt::AlignTop, boxText(box));
  painter.setFont(font());
  painter.setPen(c.mutedText);
  painter.drawText(inner, Qt::AlignHCenter | Qt::AlignBottom, metrics.elidedText(weights, Qt::ElideMiddle, inner.width()));
}

void GraphPicture::paintValue(QPainter& painter, const DrawnValue& value) const {
  const ThemeColours& c = Theme::instance().colours();
  const Graph& graph = m_model->graph();
  const Value& it = graph.values[static_cast<std::size_t>(value.value)];
  const QRect rect = rectangle(value.rect), inner = rect.adjusted(Theme::kGrid / 2, 2, -Theme::kGrid / 2, -2);
  const QFontMetrics metrics(font());
  const bool isCurrent = value.value == m_current;
  painter.setPen(isCurrent ? QPen(c.accent, 2) : QPen(c.hairline, 1, it.onDemand ? Qt::DashLine : Qt::SolidLine));
  painter.setBrush(it.onDemand && !isCurrent ? c.panel : c.accentTint);
  painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), rect.height() / 3.0, rect.height() / 3.0);
  painter.setPen(c.text);
  painter.drawText(inner, Qt::AlignHCenter | Qt::AlignTop, metrics.elidedText(shortName(it.name), Qt::ElideRight, inner.width()));
  painter.setPen(c.mutedText);
  painter.drawText(inner, Qt::AlignHCenter | Qt::AlignBottom,
                   metrics.elidedText(QString::fromStdString(symbolicShape(graph, value.value)), Qt::ElideRight, inner.width()));
}

void GraphPicture::paintEdge(QPainter& painter, const DrawnEdge& edge) const {
  const ThemeColours& c = Theme::instance().colours();
  const bool isCurrent = edge.value == m_current;
  const QColor colour = isCurrent ? c.accent : c.mutedText;
  painter.setPen(QPen(colour, isCurrent ? 2 : 1));
  QPolygonF line;
  for (const DrawnPoint& point : edge.points) line << QPointF(point.x + 0.5, point.y + 0.5);
  painter.drawPolyline(line);
  const QPointF tip = line.last();
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawPolygon(QPolygonF{tip, tip + QPointF(-kArrow, -1.5 * kArrow), tip + QPointF(kArrow, -1.5 * kArrow)});
}

}  // namespace cutaway
