// Which channels of the matrices' inputs stand out in the shown answer and all before it, and what rounding to 8 bits costs there:
// a map of layers and channels, and a table of every input.
#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "core/inspect/input_outliers.h"
#include "ui/base/text.h"
#include "ui/choice_box.h"
#include "ui/views/bar_table.h"
#include "ui/views/heatmap.h"
#include "ui/views/view_parts.h"
#include "ui/views/view_saving.h"
#include "ui/views/view_table.h"
#include "ui/views/word_view.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(OutliersView)
};

constexpr int kMostCells = 32;  ///< of a row of the map; wider inputs share cells

enum Column { kInput, kDynamic, kStatic, kClipped, kReach, kChannels };

/// "ffn.act" of "blk.3.ffn.act".
QString kindOf(const ChannelReport& report) { return QString::fromStdString(report.value).section(QLatin1Char('.'), 2); }

QString percent(double share) { return QLocale().toString(100 * share, 'f', 2) + QStringLiteral(" %"); }
QString timesText(double ratio) { return QLocale().toString(ratio, 'f', 1) + QStringLiteral("×"); }
double reachOf(const ChannelReport& report) { return report.median > 0 ? double{report.largest} / double{report.median} : 0; }

class OutliersView : public WordView {
 public:
  OutliersView(ViewData& data, QWidget* parent);
  QString csv() const override;

 protected:
  bool askAbout(const TokenRange& word, const StoredMessage& message) override;
  void showNothing(const QString& why) override;

 private:
  using Input = InputOutliers::Input;
  /// The strongest channel of a cell.
  struct Peak {
    int channel = 0;
    double ratio = 0;
  };

  void setUpParts();
  void take(const Answer& answer);
  void fillTable();
  void addRow(int line, const Input& input, double most);
  void showKind();
  void follow();
  void chooseCell(int row, int column);
  void chooseLine(int line);
  QString describe(int row, int column) const;
  std::vector<const Input*> inputsOfKind() const;
  static Peak peakOf(const Input& input, int cell, int cells);
  int cellsOf(const Input& input) const { return qMin(kMostCells, static_cast<int>(input.largest.size())); }
  bool isNeurons(const Input& input) const { return kindOf(input.dynamic) == QLatin1String("ffn.act"); }

  QLabel *m_title, *m_facts;
  ChoiceBox* m_kind;
  Heatmap* m_map;
  QTableWidget* m_table;
  QWidget* m_body;
  ViewQuestion m_question;
  std::shared_ptr<const InputOutliers> m_found;
  qint64 m_askedMessage = 0;
  qsizetype m_askedTokens = 0;  ///< of it
};

OutliersView::OutliersView(ViewData& data, QWidget* parent)
    : WordView(data, parent, Follows::selected),
      m_title(makeHeading(QStringLiteral("outliersTitle"))),
      m_facts(makeFacts(QStringLiteral("outliersFacts"))),
      m_kind(new ChoiceBox),
      m_map(new Heatmap),
      m_table(new QTableWidget),
      m_body(new QWidget),
      m_question(data, QStringLiteral("outliers"), nullptr) {
  setUpParts();
  auto* above = new QWidget;
  auto* aboveColumn = makeBody(above);
  aboveColumn->addWidget(m_kind);
  aboveColumn->addWidget(m_map, 1);
  makeBody(m_body)->addWidget(makeSplit(above, m_table, 1, 1), 1);
  auto* column = makeColumn(this);
  column->addWidget(m_title);
  column->addWidget(m_facts);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_body, 1);
  column->addStretch(0);
  connect(&data.selection(), &Selection::changed, this, &OutliersView::follow);
  connect(&m_question, &ViewQuestion::answered, this, &OutliersView::take);
  connect(m_kind, &QComboBox::currentIndexChanged, this, &OutliersView::showKind);
  connect(m_map, &Heatmap::chosen, this, &OutliersView::chooseCell);
  connect(m_table, &QTableWidget::currentCellChanged, this, [this](int line) { chooseLine(line); });
  start();
}

void OutliersView::setUpParts() {
  m_kind->setObjectName(QStringLiteral("outliersKind"));
  m_kind->setAccessibleName(Text::tr("Which inputs the map shows"));
  m_kind->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_map->setObjectName(QStringLiteral("outliersMap"));
  m_map->setAccessibleName(Text::tr("Reach of channels by layer"));
  m_map->setDescription([this](int row, int column) { return describe(row, column); });
  m_table->setObjectName(QStringLiteral("outliersTable"));
  m_table->setAccessibleName(Text::tr("Inputs of matrices"));
  setUpBarTable(*m_table,
                {Text::tr("Input"), Text::tr("Per token"), Text::tr("Static"), Text::tr("Cut off"), Text::tr("Reach"), Text::tr("Outlier channels")},
                kReach, {kInput, kChannels, kReach});
  m_table->horizontalHeaderItem(kDynamic)->setToolTip(Text::tr("Size of the rounding error over the size of the input: INT8, one scale per token"));
  m_table->horizontalHeaderItem(kStatic)->setToolTip(Text::tr("The same with one scale for all tokens"));
  m_table->horizontalHeaderItem(kClipped)->setToolTip(Text::tr("Share of the numbers beyond the static scale"));
  m_table->horizontalHeaderItem(kReach)->setToolTip(Text::tr("The strongest channel's largest number over that of the median channel"));
}

/// The whole answer is asked about, so that walking through it asks nothing new.
bool OutliersView::askAbout(const TokenRange& word, const StoredMessage& message) {
  if (word.message == m_askedMessage && word.last < m_askedTokens) return true;
  const InquiryMaker make = [](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return InputOutliers::create(model.description, std::move(tokens));
  };
  if (!m_question.ask(word.message, static_cast<int>(message.tokens.size()), make)) return false;
  m_askedMessage = word.message;
  m_askedTokens = message.tokens.size();
  return true;
}

void OutliersView::showNothing(const QString& why) {
  m_question.drop();
  m_found = nullptr;
  m_askedMessage = m_askedTokens = 0;
  m_map->setData({});
  m_table->setRowCount(0);
  m_body->hide();
  m_title->setText(Text::tr("No activations to show"));
  m_facts->setText(why);
}

void OutliersView::take(const Answer& answer) {
  if (!answer.error.isEmpty()) return showNothing(answer.error);
  m_found = std::dynamic_pointer_cast<const InputOutliers>(answer.inquiry);
  if (!m_found) return showNothing(Text::tr("The device gave no activations."));
  quint64 outliers = 0;
  for (const Input& input : m_found->inputs()) outliers += input.dynamic.outlierCount;
  m_title->setText(plural(static_cast<qint64>(outliers), Text::tr("1 outlier channel"), Text::tr("%1 outlier channels")));
  const QString text = Text::tr("What the matrices read in %1 tokens. An outlier reaches %2 times as far as the median channel, or farther.")
                           .arg(m_found->tokens().size())
                           .arg(ChannelReport::kOutlierRatio);
  m_facts->setText(text + QLatin1Char(' ') + (m_found->isCalibrated() ? Text::tr("Static scales are those that the model runs with.")
                                                                      : Text::tr("Static scales reach as far as this text does.")));
  const QString shown = m_kind->currentText();
  const QSignalBlocker quiet(m_kind);
  m_kind->clear();
  for (const Input& input : m_found->inputs())
    if (m_kind->findText(kindOf(input.dynamic)) < 0) m_kind->addItem(kindOf(input.dynamic));
  m_kind->setCurrentIndex(qMax(0, shown.isEmpty() ? m_kind->count() - 1 : m_kind->findText(shown)));
  m_body->show();
  fillTable();
  showKind();
}

void OutliersView::fillTable() {
  const QSignalBlocker quiet(m_table);
  m_table->setColumnHidden(kClipped, !m_found->isCalibrated());  // else nothing is
  double most = 0;
  for (const Input& input : m_found->inputs()) most = std::max(most, reachOf(input.dynamic));
  m_table->setRowCount(static_cast<int>(m_found->inputs().size()));
  for (int line = 0; line < m_table->rowCount(); ++line) addRow(line, m_found->inputs()[static_cast<std::size_t>(line)], most);
}

void OutliersView::addRow(int line, const Input& input, double most) {
  QStringList channels;
  for (const OutlierChannel& outlier : input.dynamic.outliers) channels += QStringLiteral("%1 (%2)").arg(outlier.channel).arg(timesText(outlier.ratio));
  constexpr int kNamed = 3;
  QString shown = QStringList(channels.mid(0, kNamed)).join(QStringLiteral("  "));
  if (input.dynamic.outlierCount > kNamed) shown += QStringLiteral("  ") + Text::tr("and %1 more").arg(input.dynamic.outlierCount - kNamed);
  m_table->setItem(line, kInput, tableCell(Text::tr("Layer %1, %2").arg(input.layer).arg(kindOf(input.dynamic))));
  QTableWidgetItem* named = tableCell(shown);
  named->setToolTip(channels.join(QStringLiteral("  ")));
  m_table->setItem(line, kChannels, named);
  m_table->setItem(line, kDynamic, tableCell(percent(input.dynamic.relativeError), Qt::AlignRight));
  m_table->setItem(line, kStatic, tableCell(percent(input.fixed.relativeError), Qt::AlignRight));
  m_table->setItem(line, kClipped, tableCell(percent(input.fixed.clipped), Qt::AlignRight));
  const double reach = reachOf(input.dynamic);
  m_table->setItem(line, kReach, barCell(timesText(reach), most > 0 ? reach / most : 0));
}

std::vector<const OutliersView::Input*> OutliersView::inputsOfKind() const {
  std::vector<const Input*> inputs;
  for (const Input& input : m_found->inputs())
    if (kindOf(input.dynamic) == m_kind->currentText()) inputs.push_back(&input);
  return inputs;
}

OutliersView::Peak OutliersView::peakOf(const Input& input, int cell, int cells) {
  const auto width = static_cast<qint64>(input.largest.size());
  const auto begin = input.largest.begin() + width * cell / cells, end = input.largest.begin() + width * (cell + 1) / cells;
  const auto most = std::max_element(begin, end);
  return {static_cast<int>(most - input.largest.begin()), input.dynamic.median > 0 ? double{*most} / double{input.dynamic.median} : 0};
}

void OutliersView::showKind() {
  if (!m_found) return;
  const std::vector<const Input*> inputs = inputsOfKind();
  Heatmap::Data map;
  map.rows = static_cast<int>(inputs.size());
  map.columns = inputs.empty() ? 0 : cellsOf(*inputs.front());
  map.title = Text::tr("reach over the median channel, as a power of two");
  for (const Input* input : inputs) {
    map.rowLabels += Text::tr("layer %1").arg(input->layer);
    for (int cell = 0; cell < map.columns; ++cell) map.values.push_back(static_cast<float>(std::log2(peakOf(*input, cell, map.columns).ratio)));
  }
  m_map->setData(std::move(map));
  follow();
}

QString OutliersView::describe(int row, int column) const {
  const Input& input = *inputsOfKind()[static_cast<std::size_t>(row)];
  const int cells = cellsOf(input);
  const Peak peak = peakOf(input, column, cells);
  const auto width = static_cast<int>(input.largest.size());
  return Text::tr("%1, channels %2 to %3\nstrongest: %4, up to %5, %6 the median")
      .arg(QString::fromStdString(input.dynamic.value))
      .arg(qint64{width} * column / cells)
      .arg(qint64{width} * (column + 1) / cells - 1)
      .arg(peak.channel)
      .arg(double{input.largest[static_cast<std::size_t>(peak.channel)]}, 0, 'g', 3)
      .arg(timesText(peak.ratio));
}

void OutliersView::follow() {
  if (!m_found) return;
  const std::vector<const Input*> inputs = inputsOfKind();
  const auto chosen = std::ranges::find(inputs, data().selection().layer(), &Input::layer);
  if (chosen == inputs.end()) return m_map->setCurrent(-1, -1);
  const int row = static_cast<int>(chosen - inputs.begin());
  const Input& input = **chosen;
  const int neuron = isNeurons(input) ? data().selection().neuron() : -1, width = static_cast<int>(input.largest.size());
  int cell = neuron < 0 || neuron >= width ? m_map->currentColumn() : static_cast<int>(qint64{neuron} * cellsOf(input) / width);
  while (cell >= 0 && neuron >= 0 && qint64{width} * (cell + 1) / cellsOf(input) <= neuron) ++cell;
  m_map->setCurrent(row, cell);
  const QSignalBlocker quiet(m_table);
  const auto line = static_cast<int>(&input - m_found->inputs().data());
  if (m_table->currentRow() != line) m_table->setCurrentCell(line, kInput);
}

void OutliersView::chooseCell(int row, int column) {
  const std::vector<const Input*> inputs = inputsOfKind();
  if (row < 0 || row >= std::ssize(inputs)) return;
  const Input& input = *inputs[static_cast<std::size_t>(row)];
  if (isNeurons(input) && column >= 0) return data().selection().setNeuron(input.layer, peakOf(input, column, cellsOf(input)).channel);
  data().selection().setHead(input.layer, -1);
  follow();
}

void OutliersView::chooseLine(int line) {
  if (!m_found || line < 0) return;
  const Input& input = m_found->inputs()[static_cast<std::size_t>(line)];
  m_kind->setCurrentText(kindOf(input.dynamic));
  if (isNeurons(input) && !input.dynamic.outliers.empty())
    return data().selection().setNeuron(input.layer, static_cast<int>(input.dynamic.outliers.front().channel));
  data().selection().setHead(input.layer, -1);
}

QString OutliersView::csv() const {
  if (!m_found) return {};
  CsvTable table({QStringLiteral("value"), QStringLiteral("channel"), QStringLiteral("largest"), QStringLiteral("ratio"),
                  QStringLiteral("error-dynamic"), QStringLiteral("error-static"), QStringLiteral("clipped")});
  for (const Input& input : m_found->inputs())
    for (std::size_t channel = 0; channel < input.largest.size(); ++channel) {
      const double largest = input.largest[channel];
      table.add({QString::fromStdString(input.dynamic.value), QString::number(channel), csvNumber(largest),
                 csvNumber(input.dynamic.median > 0 ? largest / double{input.dynamic.median} : 0), csvNumber(input.dynamic.relativeError),
                 csvNumber(input.fixed.relativeError), csvNumber(input.fixed.clipped)});
    }
  return table.text();
}

}  // namespace

InspectorView* createOutliersView(ViewData& data, QWidget* parent) { return new OutliersView(data, parent); }

}  // namespace cutaway
