// What a view shows as a file: a picture (PNG, or SVG with text as text) or its numbers (CSV, RFC 4180).
#pragma once

#include <QByteArray>
#include <QStringList>
#include <QWidget>

class QTableWidget;

namespace cutaway {

/// By the path's suffix: "svg", else PNG at twice the screen's resolution.
QByteArray pictureOf(QWidget& widget, const QString& path);

/// Lines of cells, quoted where they must be.
class CsvTable {
 public:
  explicit CsvTable(const QStringList& headings) { add(headings); }
  void add(const QStringList& cells);
  const QString& text() const { return m_text; }

 private:
  QString m_text;
};

/// A number as every program reads it: "0.25", "1e-07".
QString csvNumber(double value);
/// A table's texts as they are shown.
QString csvOf(const QTableWidget& table);

}  // namespace cutaway
