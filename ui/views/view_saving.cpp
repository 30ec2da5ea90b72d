#include "ui/views/view_saving.h"

#include <QBuffer>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>
#include <QTableWidget>

namespace cutaway {
namespace {

constexpr double kPictureScale = 2;
constexpr QWidget::RenderFlags kWhole = QWidget::DrawChildren | QWidget::DrawWindowBackground;

QString quoted(QString cell) {
  const bool plain = std::ranges::none_of(cell, [](QChar c) { return QStringLiteral(",\"\r\n").contains(c); });
  if (plain) return cell;
  return QLatin1Char('"') + cell.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
}

void drawSvg(QWidget& widget, QBuffer& buffer) {
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(widget.size());
  generator.setViewBox(widget.rect());
  generator.setResolution(widget.logicalDpiX());
  generator.setTitle(widget.window()->windowTitle());
  QPainter painter(&generator);
  painter.fillRect(widget.rect(), widget.palette().window());
  widget.render(&painter, {}, {}, kWhole);
}

void drawPng(QWidget& widget, QBuffer& buffer) {
  QPixmap pixmap(widget.size() * kPictureScale);
  pixmap.setDevicePixelRatio(kPictureScale);
  pixmap.fill(widget.palette().color(QPalette::Window));
  widget.render(&pixmap, {}, {}, kWhole);
  pixmap.save(&buffer, "PNG");
}

}  // namespace

QByteArray pictureOf(QWidget& widget, const QString& path) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive) ? drawSvg(widget, buffer) : drawPng(widget, buffer);
  return bytes;
}

void CsvTable::add(const QStringList& cells) {
  for (qsizetype i = 0; i < cells.size(); ++i) {
    if (i > 0) m_text += QLatin1Char(',');
    m_text += quoted(cells[i]);
  }
  m_text += QLatin1String("\r\n");
}

QString csvNumber(double value) { return QString::number(value, 'g', 9); }

QString csvOf(const QTableWidget& table) {
  QStringList cells;
  for (int column = 0; column < table.columnCount(); ++column) cells += table.horizontalHeaderItem(column)->text();
  CsvTable csv(cells);
  for (int row = 0; row < table.rowCount(); ++row) {
    cells.clear();
    for (int column = 0; column < table.columnCount(); ++column) {
      const QTableWidgetItem* item = table.item(row, column);
      cells += item == nullptr ? QString() : item->text();
    }
    csv.add(cells);
  }
  return csv.text();
}

}  // namespace cutaway
