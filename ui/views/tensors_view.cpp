// The weights of the model's file, and what the numbers of a chosen one look like.
#include <QCoreApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QScrollArea>
#include <QTableWidget>

#include "core/format/tensor_checks.h"
#include "core/run/model.h"
#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/views/axes.h"
#include "ui/views/bar_table.h"
#include "ui/views/number_plot.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/weight_job.h"
#include "ui/views/weight_picture.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(TensorsView)
};

enum Column { kName, kShape, kFormat, kSize };
constexpr std::size_t kNamedEntries = 5;  ///< of the largest

QString number(double value) { return QLocale().toString(value, 'g', 4); }
QString count(quint64 value) { return QLocale().toString(value); }

class TensorsView : public InspectorView {
 public:
  TensorsView(ViewData& data, QWidget* parent);
  QString csv() const override;

 private:
  void setUpList();
  void setUpPicture();
  void layOut();
  void showModel();
  void filter();
  void choose();
  void showStats(const TensorStats& stats);
  void showImage();
  void showSingularValues(const std::vector<double>& values, bool exact);
  const ModelFile* file() { return data().model() && data().model()->description ? &data().model()->description->file : nullptr; }

  QLabel *m_title, *m_facts, *m_chosen, *m_range, *m_singularTitle;
  QLineEdit* m_search;
  QTableWidget* m_list;
  QProgressBar* m_progress;
  NumberPlot *m_histogram, *m_singular;
  ChoiceBox* m_imageKind;
  WeightPicture* m_picture;
  QWidget *m_body, *m_page, *m_numbers;
  WeightJob m_job;
  TensorInfo m_tensor;                        ///< that is shown; no name: none
  std::shared_ptr<const TensorStats> m_stats;  ///< null while it is read
};

TensorsView::TensorsView(ViewData& data, QWidget* parent)
    : InspectorView(data, parent),
      m_title(makeHeading(QStringLiteral("tensorsTitle"))),
      m_facts(makeFacts(QStringLiteral("tensorsFacts"))),
      m_chosen(makeHeading(QStringLiteral("tensorsChosen"))),
      m_range(makeFacts(QStringLiteral("tensorsRange"))),
      m_singularTitle(makeHeading(QStringLiteral("tensorsSingularTitle"))),
      m_search(new QLineEdit),
      m_list(new QTableWidget),
      m_progress(new QProgressBar),
      m_histogram(new NumberPlot),
      m_singular(new NumberPlot),
      m_imageKind(new ChoiceBox),
      m_picture(new WeightPicture),
      m_body(new QWidget),
      m_page(new QWidget),
      m_numbers(new QWidget),
      m_job(this) {
  setUpList();
  setUpPicture();
  layOut();
  connect(&data, &ViewData::modelChanged, this, &TensorsView::showModel);
  connect(m_search, &QLineEdit::textChanged, this, &TensorsView::filter);
  connect(m_list, &QTableWidget::itemSelectionChanged, this, &TensorsView::choose);
  connect(m_imageKind, &QComboBox::currentIndexChanged, this, &TensorsView::showImage);
  connect(&m_job, &WeightJob::progressed, this, [this](double done) {
    m_progress->setValue(static_cast<int>(100 * done));
    m_progress->setVisible(done < 1);
  });
  connect(&m_job, &WeightJob::described, this, [this](const auto& stats) {
    m_stats = stats;
    showStats(*stats);
  });
  connect(&m_job, &WeightJob::solved, this, &TensorsView::showSingularValues);
  showModel();
}

void TensorsView::setUpList() {
  m_search->setObjectName(QStringLiteral("tensorsSearch"));
  m_search->setPlaceholderText(Text::tr("Search by name or format"));
  m_search->setAccessibleName(Text::tr("Search the weights"));
  m_search->setClearButtonEnabled(true);
  m_list->setObjectName(QStringLiteral("tensorsList"));
  m_list->setAccessibleName(Text::tr("Weights of the model"));
  m_list->setColumnCount(4);
  m_list->setHorizontalHeaderLabels({Text::tr("Name"), Text::tr("Shape"), Text::tr("Format"), Text::tr("Size")});
  for (const Column column : {kShape, kFormat, kSize})
    m_list->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  m_list->horizontalHeaderItem(kName)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  m_list->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  m_list->horizontalHeader()->setSectionResizeMode(kName, QHeaderView::Stretch);
  m_list->horizontalHeader()->setHighlightSections(false);
  m_list->verticalHeader()->hide();
  m_list->setShowGrid(false);
  m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_list->setSelectionMode(QAbstractItemView::SingleSelection);
  m_list->setTabKeyNavigation(false);
  m_list->setMinimumHeight(12 * Theme::kGrid);
}

void TensorsView::setUpPicture() {
  m_progress->setObjectName(QStringLiteral("tensorsProgress"));
  m_progress->setAccessibleName(Text::tr("Reading the weight"));
  m_progress->setTextVisible(false);
  m_progress->setFixedHeight(Theme::kGrid / 2);
  m_histogram->setObjectName(QStringLiteral("tensorsHistogram"));
  m_histogram->setAccessibleName(Text::tr("Histogram of the weight"));
  m_histogram->setDescription([this](int bin) {
    if (!m_stats || bin < 0 || bin >= std::ssize(m_stats->histogram)) return QString();
    const double width = (m_stats->high - m_stats->low) / TensorStats::kBins;
    return Text::tr("%1 numbers from %2 to %3")
        .arg(count(m_stats->histogram[static_cast<std::size_t>(bin)]), number(m_stats->low + bin * width), number(m_stats->low + (bin + 1) * width));
  });
  m_singular->setObjectName(QStringLiteral("tensorsSingular"));
  m_singular->setAccessibleName(Text::tr("Singular values of the weight"));
  m_singular->setDescription([this](int at) {
    return Text::tr("singular value %1: %2").arg(at + 1).arg(number(m_singular->data().values[static_cast<std::size_t>(at)]));
  });
  m_imageKind->addItems({Text::tr("Strongest entry of each part"), Text::tr("Mean of each part")});
  m_imageKind->setObjectName(QStringLiteral("tensorsImageKind"));
  m_imageKind->setAccessibleName(Text::tr("What the picture shows"));
  m_imageKind->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_picture->setObjectName(QStringLiteral("tensorsPicture"));
  m_picture->setAccessibleName(Text::tr("Rows of the weight as an image"));
}

void TensorsView::layOut() {
  auto* list = new QWidget;
  auto* listColumn = makeBody(list);
  listColumn->addWidget(m_search);
  listColumn->addWidget(m_list, 1);
  auto* numbers = makeBody(m_numbers);
  numbers->addWidget(m_range);
  numbers->addWidget(m_histogram);
  numbers->addWidget(m_imageKind);
  numbers->addWidget(m_picture);
  numbers->addWidget(m_singularTitle);
  numbers->addWidget(m_singular);
  auto* page = makeBody(m_page);
  page->setContentsMargins(0, Theme::kGrid, 0, 0);
  page->addWidget(m_chosen);
  page->addWidget(m_progress);
  page->addWidget(m_numbers);
  page->addStretch(1);
  makeBody(m_body)->addWidget(makeSplit(list, makeQuietArea(m_page), 2, 3), 1);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(m_body, 1);
  column->addStretch(0);
}

void TensorsView::showModel() {
  m_job.stop();
  const ModelFile* file = this->file();
  m_list->setRowCount(0);
  m_body->setVisible(file != nullptr);
  m_title->setText(file == nullptr ? Text::tr("No model is loaded") : Text::tr("Weights of %1").arg(data().model()->card.name));
  m_facts->setText(file == nullptr ? Text::tr("A model must be loaded to look at its weights.")
                                   : Text::tr("%1 tensors. Choose one to see its numbers.").arg(file->tensors.size()));
  m_list->setRowCount(file == nullptr ? 0 : static_cast<int>(file->tensors.size()));
  for (int row = 0; row < m_list->rowCount(); ++row) {
    const TensorInfo& tensor = file->tensors[static_cast<std::size_t>(row)];
    auto* name = tableCell(QString::fromStdString(tensor.name));
    name->setToolTip(name->text());
    m_list->setItem(row, kName, name);
    m_list->setItem(row, kShape, tableCell(QString::fromStdString(shapeText(tensor.shape)), Qt::AlignRight));
    m_list->setItem(row, kFormat, tableCell(QString::fromUtf8(numberFormat(tensor.format).name), Qt::AlignRight));
    m_list->setItem(row, kSize, tableCell(QString::fromStdString(formatBytes(tensor.bytes)), Qt::AlignRight));
  }
  filter();
  choose();
}

void TensorsView::filter() {
  const QString wanted = m_search->text().trimmed();
  for (int row = 0; row < m_list->rowCount(); ++row) {
    const bool fits = m_list->item(row, kName)->text().contains(wanted, Qt::CaseInsensitive) ||
                      m_list->item(row, kFormat)->text().startsWith(wanted, Qt::CaseInsensitive);
    m_list->setRowHidden(row, !fits);
  }
}

void TensorsView::choose() {
  const auto rows = m_list->selectionModel() == nullptr ? QModelIndexList() : m_list->selectionModel()->selectedRows();
  const ModelFile* file = this->file();
  m_stats.reset();
  m_numbers->hide();
  m_progress->hide();
  m_tensor = {};
  if (rows.isEmpty() || file == nullptr) {
    m_job.stop();
    m_chosen->setText(Text::tr("No weight chosen"));
    return;
  }
  m_tensor = file->tensors[static_cast<std::size_t>(rows.first().row())];
  m_chosen->setText(Text::tr("%1: %2, %3").arg(QString::fromStdString(m_tensor.name), QString::fromStdString(shapeText(m_tensor.shape)),
                                              QString::fromUtf8(numberFormat(m_tensor.format).name)));
  m_progress->setValue(0);
  m_progress->show();
  m_job.start(data().model()->description, m_tensor);
}

void TensorsView::showStats(const TensorStats& stats) {
  QString text = Text::tr("%1 to %2, mean %3, standard deviation %4.")
                     .arg(number(stats.minimum), number(stats.maximum), number(stats.mean), number(stats.deviation));
  text += QLatin1Char(' ') + Text::tr("%1 of %2 numbers lie beyond %3 standard deviations.")
                                 .arg(count(stats.outliers), count(stats.count)).arg(TensorStats::kOutlier);
  if (stats.zeros > 0) text += QLatin1Char(' ') + Text::tr("%1 are zero.").arg(count(stats.zeros));
  if (stats.notFinite > 0) text += QLatin1Char(' ') + Text::tr("%1 are not finite.").arg(count(stats.notFinite));
  QStringList largest;
  for (std::size_t i = 0; i < std::min(kNamedEntries, stats.largest.size()); ++i)
    largest += Text::tr("%1 (row %2, column %3)").arg(number(double{stats.largest[i].value})).arg(stats.largest[i].row).arg(stats.largest[i].column);
  if (!largest.isEmpty()) text += QLatin1Char(' ') + Text::tr("Largest: %1.").arg(largest.join(QStringLiteral("; ")));
  m_range->setText(text);
  NumberPlot::Data histogram;
  histogram.values.assign(stats.histogram.begin(), stats.histogram.end());
  histogram.left = stats.low;
  histogram.right = stats.high;
  histogram.logarithmic = true;
  histogram.xTitle = stats.below + stats.above == 0
                         ? Text::tr("number")
                         : Text::tr("number; %1 more below, %2 above").arg(count(stats.below), count(stats.above));
  histogram.yTitle = Text::tr("how many");
  m_histogram->setData(std::move(histogram));
  m_singularTitle->setText(Text::tr("Singular values are being found"));
  m_singular->setData({});
  showImage();
  m_numbers->show();
}

void TensorsView::showImage() {
  if (m_stats) m_picture->setImage(m_stats->image, m_tensor.rows(), m_tensor.columns(), m_imageKind->currentIndex() == 1);
}

void TensorsView::showSingularValues(const std::vector<double>& values, bool exact) {
  if (!m_stats) return;
  const bool isMatrix = m_tensor.rows() > 1;
  m_singularTitle->setVisible(isMatrix);
  m_singular->setVisible(isMatrix);
  double squares = 0;
  for (const double value : values) squares += value * value;
  m_singularTitle->setText(exact ? Text::tr("All %1 singular values").arg(values.size())
                                 : Text::tr("The %1 largest singular values, estimated: %2 % of the weight's squares")
                                       .arg(values.size())
                                       .arg(QLocale().toString(100 * squares / qMax(m_stats->squares, 1e-300), 'f', 1)));
  NumberPlot::Data plot;
  plot.values = values;
  plot.bars = false;
  plot.logarithmic = true;
  plot.xTitle = exact ? Text::tr("place, largest first") : Text::tr("place, largest first; by subspace iteration");
  plot.yTitle = Text::tr("singular value");
  m_singular->setData(std::move(plot));
}

/// One table of four columns: what it is, its place or range, and the number.
QString TensorsView::csv() const {
  if (!m_stats) return {};
  CsvTable csv({QStringLiteral("part"), QStringLiteral("at"), QStringLiteral("to"), QStringLiteral("value")});
  const auto fact = [&](const char* name, double value) { csv.add({QString::fromUtf8(name), {}, {}, csvNumber(value)}); };
  fact("count", static_cast<double>(m_stats->count));
  fact("minimum", m_stats->minimum);
  fact("maximum", m_stats->maximum);
  fact("mean", m_stats->mean);
  fact("deviation", m_stats->deviation);
  fact("outliers", static_cast<double>(m_stats->outliers));
  const double width = (m_stats->high - m_stats->low) / TensorStats::kBins;
  for (std::size_t i = 0; i < m_stats->histogram.size(); ++i)
    csv.add({QStringLiteral("histogram"), csvNumber(m_stats->low + static_cast<double>(i) * width),
             csvNumber(m_stats->low + static_cast<double>(i + 1) * width), QString::number(m_stats->histogram[i])});
  for (const WeightEntry& entry : m_stats->largest)
    csv.add({QStringLiteral("largest"), QString::number(entry.row), QString::number(entry.column), csvNumber(double{entry.value})});
  const std::vector<double>& values = m_singular->data().values;
  for (std::size_t i = 0; i < values.size(); ++i)
    csv.add({QStringLiteral("singular"), QString::number(i + 1), {}, csvNumber(values[i])});
  return csv.text();
}

}  // namespace

InspectorView* createTensorsView(ViewData& data, QWidget* parent) { return new TensorsView(data, parent); }

}  // namespace cutaway
