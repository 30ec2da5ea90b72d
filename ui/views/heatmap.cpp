#include "ui/views/heatmap.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"
#include "ui/views/view_saving.h"

namespace cutaway {
namespace {

constexpr int kLeastWidth = 10, kMostWidth = 64, kMostHeight = 30;  ///< of a cell, pixels
constexpr int kMostLabel = 140, kMostUprightLabel = 90;
constexpr double kClipped = 0.01;  ///< of the numbers, at either end

}  // namespace

Heatmap::Heatmap(QWidget* parent) : QAbstractScrollArea(parent) {
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::StrongFocus);
  setSizeAdjustPolicy(QAbstractScrollArea::AdjustIgnored);
  viewport()->setMouseTracking(true);
  viewport()->setAutoFillBackground(false);
  connect(&Theme::instance(), &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void Heatmap::setData(Data data) {
  m_data = data.isEmpty() ? Data() : std::move(data);
  if (m_row >= m_data.rows) m_row = -1;
  if (m_column >= m_data.columns) m_column = -1;
  m_hoveredRow = m_hoveredColumn = -1;
  findRange();
  measureLabels();
  layOut();
  updateGeometry();
  announce();
}

void Heatmap::findRange() {
  std::vector<float> sorted;
  std::ranges::copy_if(m_data.values, std::back_inserter(sorted), [](float x) { return std::isfinite(x); });
  std::ranges::sort(sorted);
  m_low = 0;
  m_high = 1;
  if (sorted.empty()) return;
  const auto outside = m_data.clipped ? static_cast<std::size_t>(static_cast<double>(sorted.size()) * kClipped) : 0;
  m_low = sorted[outside];
  m_high = sorted[sorted.size() - 1 - outside];
  if (m_data.diverging) {
    m_high = std::max({std::abs(m_low), std::abs(m_high), 1e-30f});
    m_low = -m_high;
  }
}

/// Thousands of them take longer than a frame may: not at every change of the size.
void Heatmap::measureLabels() {
  const QFontMetrics metrics(font());
  const auto widest = [&](const QStringList& labels) {
    int width = 0;
    for (const QString& label : labels) width = std::max(width, metrics.horizontalAdvance(label));
    return width;
  };
  m_widestRow = widest(m_data.rowLabels);
  m_widestColumn = widest(m_data.columnLabels);
}

void Heatmap::layOut() {
  const QFontMetrics metrics(font());
  const int grid = Theme::kGrid, line = metrics.height() + 2;
  m_left = m_data.rowLabels.isEmpty() ? 0 : std::min({m_widestRow, kMostLabel, width() / 3}) + grid;
  const double least = m_data.rowLabels.isEmpty() ? kLeastWidth : line;
  const QSize whole = maximumViewportSize();
  const bool scrolls = m_data.rows * least > whole.height() - m_top - 2 * line - grid;  // as far as m_top is known
  const int wide = whole.width() - m_left - (scrolls ? verticalScrollBar()->sizeHint().width() : 0);
  m_cellWidth = std::clamp(m_data.columns > 0 ? static_cast<double>(wide) / m_data.columns : 0.0, double{kLeastWidth}, double{kMostWidth});
  m_upright = m_widestColumn > m_cellWidth - 2 && m_widestColumn > metrics.horizontalAdvance(QStringLiteral("embed"));
  m_top = m_data.columnLabels.isEmpty() ? 0 : (m_upright ? std::min(m_widestColumn, kMostUprightLabel) : metrics.height()) + grid / 2;
  const double high = m_data.rows > 0 ? static_cast<double>(whole.height() - m_top - 2 * line - grid) / m_data.rows : 0;
  m_cellHeight = std::clamp(std::floor(high), least, double{kMostHeight});
  // From what is known beforehand: the viewport itself changes while the bars come and go.
  const int across = static_cast<int>(std::floor(m_cellWidth * m_data.columns)), down = static_cast<int>(std::ceil(m_cellHeight * m_data.rows));
  const int bar = across > wide ? horizontalScrollBar()->sizeHint().height() : 0;
  const int tall = whole.height() - m_top - 2 * line - grid - bar;
  horizontalScrollBar()->setRange(0, std::max(0, across - wide));
  horizontalScrollBar()->setPageStep(wide);
  horizontalScrollBar()->setSingleStep(static_cast<int>(m_cellWidth));
  verticalScrollBar()->setRange(0, std::max(0, down - tall));
  verticalScrollBar()->setPageStep(tall);
  verticalScrollBar()->setSingleStep(static_cast<int>(m_cellHeight));
  viewport()->update();
}

void Heatmap::resizeEvent(QResizeEvent*) {
  layOut();
  showCurrent();
}

QSize Heatmap::sizeHint() const {
  const int line = QFontMetrics(font()).height() + 2;
  return {300, m_top + m_data.rows * line + 3 * line};
}

QSize Heatmap::minimumSizeHint() const { return {120, 120}; }

QRect Heatmap::cells() const {
  const int scale = 2 * (QFontMetrics(font()).height() + 2) + Theme::kGrid;
  return viewport()->rect().adjusted(m_left, m_top, 0, -scale);
}

QRect Heatmap::cellRect(int row, int column) const {
  const QRect area = cells();
  const double left = area.left() - horizontalScrollBar()->value(), top = area.top() - verticalScrollBar()->value();
  const QPoint first(static_cast<int>(std::lround(left + column * m_cellWidth)), static_cast<int>(std::lround(top + row * m_cellHeight)));
  const QPoint next(static_cast<int>(std::lround(left + (column + 1) * m_cellWidth)), static_cast<int>(std::lround(top + (row + 1) * m_cellHeight)));
  return {first, next - QPoint(1, 1)};
}

std::pair<int, int> Heatmap::cellAt(QPoint place) const {
  const QRect area = cells();
  if (!area.contains(place)) return {-1, -1};
  const int row = static_cast<int>((place.y() - area.top() + verticalScrollBar()->value() + 0.5) / m_cellHeight);
  const int column = static_cast<int>((place.x() - area.left() + horizontalScrollBar()->value() + 0.5) / m_cellWidth);
  if (row >= m_data.rows || column >= m_data.columns) return {-1, -1};
  return {row, column};
}

void Heatmap::setCurrent(int row, int column) {
  row = row < m_data.rows ? std::max(row, -1) : -1;
  column = column < m_data.columns ? std::max(column, -1) : -1;
  if (row == m_row && column == m_column) return;
  m_row = row;
  m_column = column;
  showCurrent();
  announce();
  viewport()->update();
}

/// Scrolls as little as shows the current row and column.
void Heatmap::showCurrent() {
  const QRect area = cells(), cell = cellRect(std::max(m_row, 0), std::max(m_column, 0));
  const auto scroll = [](QScrollBar& bar, int first, int last, int begin, int end) {
    if (first < begin) bar.setValue(bar.value() - (begin - first));
    else if (last > end) bar.setValue(bar.value() + (last - end));
  };
  if (m_row >= 0) scroll(*verticalScrollBar(), cell.top(), cell.bottom(), area.top(), area.bottom());
  if (m_column >= 0) scroll(*horizontalScrollBar(), cell.left(), cell.right(), area.left(), area.right());
}

QString Heatmap::describe(int row, int column) const {
  if (row < 0 || column < 0 || row >= m_data.rows || column >= m_data.columns) return {};
  if (m_describe) return m_describe(row, column);
  const auto label = [](const QStringList& labels, int at) { return at < labels.size() ? labels[at] : QString::number(at); };
  const float value = m_data.values[static_cast<std::size_t>(row * m_data.columns + column)];
  return QStringLiteral("%1, %2: %3").arg(label(m_data.rowLabels, row), label(m_data.columnLabels, column),
                                          std::isfinite(value) ? QLocale().toString(double{value}, 'g', 4) : tr("none"));
}

void Heatmap::announce() {
  const QString text = describe(m_row, m_column);
  if (text == accessibleDescription()) return;
  setAccessibleDescription(text);
  QAccessibleEvent event(this, QAccessible::DescriptionChanged);
  QAccessible::updateAccessibility(&event);
}

QString Heatmap::csv() const {
  if (m_data.isEmpty()) return {};
  QStringList cells = {m_data.title};
  for (int column = 0; column < m_data.columns; ++column)
    cells += column < m_data.columnLabels.size() ? m_data.columnLabels[column] : QString::number(column);
  CsvTable csv(cells);
  for (int row = 0; row < m_data.rows; ++row) {
    cells = {row < m_data.rowLabels.size() ? m_data.rowLabels[row] : QString::number(row)};
    for (int column = 0; column < m_data.columns; ++column) {
      const float value = m_data.values[static_cast<std::size_t>(row * m_data.columns + column)];
      cells += std::isfinite(value) ? csvNumber(double{value}) : QString();
    }
    csv.add(cells);
  }
  return csv.text();
}

bool Heatmap::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave && m_hoveredRow >= 0) {
    m_hoveredRow = m_hoveredColumn = -1;
    Q_EMIT hovered(-1, -1);
    viewport()->update();
  }
  if (event->type() != QEvent::ToolTip) return QAbstractScrollArea::viewportEvent(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const auto [row, column] = cellAt(help->pos());
  if (row < 0) QToolTip::hideText();
  else QToolTip::showText(help->globalPos(), describe(row, column), viewport(), cellRect(row, column));
  return true;
}

void Heatmap::mouseMoveEvent(QMouseEvent* event) {
  const auto [row, column] = cellAt(event->position().toPoint());
  if (row == m_hoveredRow && column == m_hoveredColumn) return;
  m_hoveredRow = row;
  m_hoveredColumn = column;
  Q_EMIT hovered(row, column);
  viewport()->update();
}

void Heatmap::mousePressEvent(QMouseEvent* event) {
  const auto [row, column] = cellAt(event->position().toPoint());
  if (row < 0 || event->button() != Qt::LeftButton) return QAbstractScrollArea::mousePressEvent(event);
  setCurrent(row, column);
  Q_EMIT chosen(row, column);
}

void Heatmap::keyPressEvent(QKeyEvent* event) {
  static constexpr struct {
    int key, rows, columns;
  } kMoves[] = {{Qt::Key_Up, -1, 0},           {Qt::Key_Down, 1, 0},          {Qt::Key_Left, 0, -1},
                {Qt::Key_Right, 0, 1},         {Qt::Key_PageUp, -10, 0},      {Qt::Key_PageDown, 10, 0},
                {Qt::Key_Home, 0, -1'000'000}, {Qt::Key_End, 0, 1'000'000}};
  const auto* move = std::ranges::find(kMoves, event->key(), [](const auto& m) { return m.key; });
  if (m_data.isEmpty() || move == std::end(kMoves)) return QAbstractScrollArea::keyPressEvent(event);
  const bool none = m_row < 0 && m_column < 0;  // the first key finds the first cell
  const int row = none ? 0 : std::clamp(std::max(m_row, 0) + move->rows, 0, m_data.rows - 1);
  const int column = none ? 0 : std::clamp(std::max(m_column, 0) + move->columns, 0, m_data.columns - 1);
  setCurrent(row, column);
  Q_EMIT chosen(row, column);
}

void Heatmap::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() != QEvent::FontChange) return;
  measureLabels();
  layOut();
}

}  // namespace cutaway
