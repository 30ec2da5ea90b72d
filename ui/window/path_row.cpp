#include "ui/window/path_row.h"

#include <QFileDialog>
#include <QHBoxLayout>

namespace cutaway {

PathRow::PathRow(Kind kind, const QString& name, const QString& title, const QString& filter, QWidget* parent)
    : QWidget(parent), m_kind(kind), m_title(title), m_filter(filter), m_line(new QLineEdit(this)) {
  m_line->setObjectName(name);
  setFocusProxy(m_line);
  auto* button = new QPushButton(tr("Choose…"), this);
  button->setAccessibleName(title);
  button->setAutoDefault(false);  // Enter is not its
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(m_line, 1);
  row->addWidget(button);
  connect(m_line, &QLineEdit::textEdited, this, &PathRow::typed);
  connect(button, &QPushButton::clicked, this, &PathRow::choose);
}

void PathRow::choose() {
  auto* dialog = new QFileDialog(this, m_title, m_line->text(), m_filter);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(m_kind == Kind::existing ? QFileDialog::ExistingFile : QFileDialog::AnyFile);
  dialog->setAcceptMode(m_kind == Kind::existing ? QFileDialog::AcceptOpen : QFileDialog::AcceptSave);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
    m_line->setText(path);
    Q_EMIT chosen();
  });
  dialog->open();
}

}  // namespace cutaway
