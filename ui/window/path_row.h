// A line for a path, with a button that opens the file dialog.
#pragma once

#include <QLineEdit>
#include <QPushButton>
#include <QWidget>

namespace cutaway {

class PathRow : public QWidget {
  Q_OBJECT

 public:
  enum class Kind : quint8 { existing, toWrite };
  /// `title` is the file dialog's, `filter` as QFileDialog takes it; `name` the line's object name.
  PathRow(Kind kind, const QString& name, const QString& title, const QString& filter, QWidget* parent);

  QLineEdit& line() { return *m_line; }
  QString path() const { return m_line->text(); }
  void setFilter(const QString& filter) { m_filter = filter; }

 Q_SIGNALS:
  void typed();   ///< a key was pressed in the line
  void chosen();  ///< in the dialog

 private:
  void choose();

  Kind m_kind;
  QString m_title, m_filter;
  QLineEdit* m_line;
};

}  // namespace cutaway
