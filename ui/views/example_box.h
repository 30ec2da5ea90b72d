// Texts that a user types or opens from a file, one per line.
#pragma once

#include <QPlainTextEdit>
#include <QPushButton>

#include "ui/views/view.h"

namespace cutaway {

class ExampleBox : public QWidget {
  Q_OBJECT

 public:
  /// `name`: of the box of text, for tests.
  ExampleBox(ViewData& viewData, const QString& name, const QString& title, const QString& examples);
  QStringList examples() const;  ///< without empty lines

 Q_SIGNALS:
  void refused(const QString& why);  ///< the file could not be read

 private:
  void chooseFile();
  void open(const QString& path);

  ViewData& m_data;
  QString m_title;
  QPlainTextEdit* m_text;
  QPushButton* m_open;
};

}  // namespace cutaway
