#include "ui/views/example_box.h"

#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>

#include "ui/theme.h"
#include "ui/views/view_parts.h"

namespace cutaway {
namespace {

constexpr int kLines = 6;
constexpr qint64 kMostBytes = qint64{1} << 20;

}  // namespace

ExampleBox::ExampleBox(ViewData& viewData, const QString& name, const QString& title, const QString& examples)
    : m_data(viewData), m_title(title), m_text(new QPlainTextEdit(examples)), m_open(new QPushButton(tr("Open…"))) {
  m_text->setObjectName(name);
  m_text->setAccessibleName(tr("%1, one text per line").arg(title));
  m_text->setTabChangesFocus(true);
  m_text->setFixedHeight(kLines * m_text->fontMetrics().lineSpacing() + 2 * Theme::kGrid);
  m_open->setObjectName(name + QStringLiteral("Open"));
  m_open->setAccessibleName(tr("Open a file: %1").arg(title));
  auto* row = new QHBoxLayout;
  row->addWidget(makeHeading(name + QStringLiteral("Title"), title), 1);
  row->addWidget(m_open);
  QVBoxLayout* column = makeBody(this);
  column->setSpacing(Theme::kGrid / 2);
  column->addLayout(row);
  column->addWidget(m_text);
  connect(m_open, &QPushButton::clicked, this, &ExampleBox::chooseFile);
}

QStringList ExampleBox::examples() const {
  QStringList lines;
  for (const QString& line : m_text->toPlainText().split(QLatin1Char('\n')))
    if (!line.trimmed().isEmpty()) lines += line;
  return lines;
}

void ExampleBox::chooseFile() {
  auto* dialog = new QFileDialog(this, m_title);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(m_text->objectName() + QStringLiteral("Dialog"));
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Texts, one per line (*.txt)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this, &ExampleBox::open);
  dialog->open();
}

void ExampleBox::open(const QString& path) {
  m_data.inBackground(this, [this, path]() -> std::function<void()> {
    QFile file(path);
    QString text, problem;
    if (!file.open(QIODevice::ReadOnly)) {
      problem = file.errorString();
    } else if (file.size() > kMostBytes) {
      problem = tr("larger than 1 MiB; a few hundred lines are enough");
    } else {
      text = QString::fromUtf8(file.readAll());
    }
    return [this, path, text, problem]() mutable {
      problem.isEmpty() ? m_text->setPlainText(text.remove(QLatin1Char('\r'))) : Q_EMIT refused(tr("%1: %2").arg(path, problem));
    };
  });
}

}  // namespace cutaway
