// Captures: values of the whole conversation written to a safetensors file, and such a file opened again, without its model.
#include <QCheckBox>
#include <QCoreApplication>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include "core/inspect/capture_file.h"
#include "ui/base/text.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/capture_picture.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_table.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(CapturesView)
};

enum Column { kName, kShape, kType, kColumns };
constexpr int kListedRows = 6;

class CapturesView : public InspectorView {
 public:
  CapturesView(ViewData& data, QWidget* parent);
  QWidget& picture() override { return *m_heatmap; }
  QString csv() const override { return m_heatmap->csv(); }

 private:
  void layOut();
  void updateWriting();
  void chooseTarget();
  void write(const QString& path);
  void take(const Answer& answer);
  void chooseFile();
  void open(const QString& path);
  void show(std::shared_ptr<const OpenCapture> capture);
  void showArray();
  void drawPlane();

  QLabel *m_title, *m_facts, *m_problem;
  QLineEdit* m_selection;
  QCheckBox* m_half;
  QPushButton *m_write, *m_open;
  QTableWidget* m_list;
  QLabel* m_planeLabel;
  QSpinBox* m_plane;
  Heatmap* m_heatmap;
  QWidget* m_body;
  ViewQuestion m_question;
  std::shared_ptr<const OpenCapture> m_capture;  ///< null: no file is open
};

CapturesView::CapturesView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("capturesTitle"), Text::tr("Values to a file"))),
      m_facts(makeFacts(QStringLiteral("capturesFacts"))),
      m_problem(makeFacts(QStringLiteral("capturesProblem"))),
      m_selection(new QLineEdit(QStringLiteral("blk.*.attn.pattern,blk.*.resid_post"))),
      m_half(new QCheckBox(Text::tr("As F&16"))),
      m_write(new QPushButton(Text::tr("Capture to file…"))),
      m_open(new QPushButton(Text::tr("Open capture file…"))),
      m_list(new QTableWidget),
      m_planeLabel(new QLabel(Text::tr("Head"))),
      m_plane(new QSpinBox),
      m_heatmap(new Heatmap),
      m_body(new QWidget),
      m_question(data, QStringLiteral("captures"), nullptr) {
  layOut();
  connect(m_write, &QPushButton::clicked, this, &CapturesView::chooseTarget);
  connect(m_open, &QPushButton::clicked, this, &CapturesView::chooseFile);
  connect(&m_question, &ViewQuestion::answered, this, &CapturesView::take);
  connect(&m_question, &ViewQuestion::opened, this, &CapturesView::updateWriting);
  connect(&m_question, &ViewQuestion::closed, this, &CapturesView::updateWriting);
  connect(&data.selection(), &Selection::changed, this, &CapturesView::updateWriting);
  connect(&data, &ViewData::modelChanged, this, &CapturesView::updateWriting);
  connect(m_list, &QTableWidget::itemSelectionChanged, this, &CapturesView::showArray);
  connect(m_plane, &QSpinBox::valueChanged, this, &CapturesView::drawPlane);
  updateWriting();
}

void CapturesView::layOut() {
  m_selection->setObjectName(QStringLiteral("captureSelection"));
  m_selection->setAccessibleName(Text::tr("Values to capture"));
  m_selection->setToolTip(Text::tr("Names as in the Graph view, * for any; parts in brackets: blk.3.attn.z[head=2,3;token=0:16]"));
  m_half->setObjectName(QStringLiteral("captureHalf"));
  m_write->setObjectName(QStringLiteral("captureWrite"));
  m_open->setObjectName(QStringLiteral("captureOpen"));
  m_list->setObjectName(QStringLiteral("captureArrays"));
  m_list->setAccessibleName(Text::tr("Values in the file"));
  m_list->setSelectionMode(QAbstractItemView::SingleSelection);
  setUpBarTable(*m_list, {Text::tr("Value"), Text::tr("Shape"), Text::tr("Numbers")}, kName, {kName, kShape});
  m_list->setItemDelegateForColumn(kName, nullptr);
  m_list->setMaximumHeight((kListedRows + 1) * m_list->verticalHeader()->defaultSectionSize());
  m_plane->setObjectName(QStringLiteral("capturePlane"));
  m_plane->setAccessibleName(Text::tr("Head"));
  m_heatmap->setObjectName(QStringLiteral("captureHeatmap"));
  m_heatmap->setAccessibleName(Text::tr("Numbers of the value"));
  auto* writing = new QHBoxLayout;
  writing->setSpacing(Theme::kGrid);
  writing->addWidget(m_write);
  writing->addWidget(m_half);
  writing->addStretch(1);
  auto* plane = new QHBoxLayout;
  plane->setSpacing(Theme::kGrid);
  plane->addWidget(m_planeLabel);
  plane->addWidget(m_plane);
  plane->addStretch(1);
  QVBoxLayout* body = makeBody(m_body);
  body->addWidget(m_list);
  body->addLayout(plane);
  body->addWidget(m_heatmap, 1);
  m_body->hide();
  m_problem->hide();
  QVBoxLayout* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_selection);
  column->addLayout(writing);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_open, 0, Qt::AlignLeft);
  column->addWidget(m_problem);
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

void CapturesView::updateWriting() {
  const StoredMessage* message = data().message(data().selection().tokens().message);
  const bool ready = data().model() && message != nullptr;
  m_write->setEnabled(ready && !m_question.isOpen());
  m_facts->setText(ready ? Text::tr("The conversation up to the end of the selected answer is read again, exactly, and what is asked for is "
                                    "written as safetensors.")
                         : Text::tr("Click a word of an answer: the conversation up to its end is captured."));
}

void CapturesView::chooseTarget() {
  auto* dialog = new QFileDialog(this, Text::tr("Capture to file"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(Text::tr("safetensors (*.safetensors)"));
  dialog->setDefaultSuffix(QStringLiteral("safetensors"));
  connect(dialog, &QFileDialog::fileSelected, this, &CapturesView::write);
  dialog->open();
}

void CapturesView::write(const QString& path) {
  const qint64 id = data().selection().tokens().message;
  const StoredMessage* message = data().message(id);
  if (message == nullptr) return;
  const ArrayType type = m_half->isChecked() ? ArrayType::f16 : ArrayType::f32;
  const auto make = [selection = m_selection->text().toStdString(), type, path = path.toStdString()](
                        const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return CaptureToFile::create(model, std::move(tokens), selection, type, path);
  };
  m_problem->hide();
  m_question.ask(id, static_cast<int>(message->tokens.size()), make);
}

void CapturesView::take(const Answer& answer) {
  const auto* written = dynamic_cast<const CaptureToFile*>(answer.inquiry.get());
  m_problem->setVisible(written == nullptr);
  m_problem->setText(answer.error);
  if (written != nullptr) open(QString::fromStdString(written->path()));
}

void CapturesView::chooseFile() {
  auto* dialog = new QFileDialog(this, Text::tr("Open capture file"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("openCapture"));
  dialog->setNameFilter(Text::tr("safetensors (*.safetensors)"));
  connect(dialog, &QFileDialog::fileSelected, this, &CapturesView::open);
  dialog->open();
}

void CapturesView::open(const QString& path) {
  data().inBackground(this, [this, path]() -> std::function<void()> {
    auto opened = openCapture(path);
    return [this, opened = std::move(opened)] {
      m_problem->setVisible(!opened);
      opened ? show(*opened) : m_problem->setText(QString::fromStdString(opened.error().message));
    };
  });
}

void CapturesView::show(std::shared_ptr<const OpenCapture> capture) {
  m_capture = std::move(capture);
  const auto& file = m_capture->file;
  const auto fact = [&](const char* name) {
    const auto found = file.metadata.find(name);
    return found == file.metadata.end() ? Text::tr("unknown") : QString::fromStdString(found->second);
  };
  m_title->setText(m_capture->path.section(QLatin1Char('/'), -1));
  m_facts->setText(Text::tr("%1 values of %2 tokens; model %3, on %4")
                       .arg(file.arrays.size() - (file.find("tokens") != nullptr ? 1 : 0))
                       .arg(m_capture->pieces.isEmpty() ? Text::tr("unknown") : countText(m_capture->pieces.size()))
                       .arg(fact("model"), fact("device")));
  m_list->setRowCount(static_cast<int>(file.arrays.size()));
  for (int row = 0; row < m_list->rowCount(); ++row) {
    const ArrayInfo& array = file.arrays[static_cast<std::size_t>(row)];
    QStringList shape;
    for (const std::uint64_t size : array.shape) shape += QString::number(size);
    m_list->setItem(row, kName, tableCell(QString::fromStdString(array.name)));
    m_list->setItem(row, kShape, tableCell(shape.join(QStringLiteral(" × "))));
    m_list->setItem(row, kType, tableCell(QLatin1String(arrayTypeName(array.type)), Qt::AlignRight));
  }
  m_body->show();
  m_list->setCurrentCell(0, 0);
  showArray();
}

void CapturesView::showArray() {
  const int row = m_list->currentRow();
  if (!m_capture || row < 0) return;
  const int planes = planesOf(m_capture->file.arrays[static_cast<std::size_t>(row)]);
  for (QWidget* part : {static_cast<QWidget*>(m_planeLabel), static_cast<QWidget*>(m_plane)}) part->setVisible(planes > 1);
  m_plane->setRange(0, qMax(0, planes - 1));
  drawPlane();
}

void CapturesView::drawPlane() {
  const int row = m_list->currentRow();
  if (!m_capture || row < 0) return;
  const int plane = m_plane->value();
  data().inBackground(this, [this, capture = m_capture, row, plane]() -> std::function<void()> {
    auto picture = pictureOf(*capture, capture->file.arrays[static_cast<std::size_t>(row)], plane);
    return [this, capture, row, picture = std::move(picture)] {
      if (capture != m_capture || row != m_list->currentRow()) return;  // another was chosen since
      m_problem->setVisible(!picture);
      if (!picture) m_problem->setText(QString::fromStdString(picture.error().message));
      m_heatmap->setData(picture ? *picture : Heatmap::Data());
    };
  });
}

}  // namespace

InspectorView* createCapturesView(ViewData& data, QWidget* parent) { return new CapturesView(data, parent); }

}  // namespace cutaway
