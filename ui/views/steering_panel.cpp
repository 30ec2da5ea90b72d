#include "ui/views/steering_panel.h"

#include <QCryptographicHash>
#include <QDir>
#include <QHBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/format/safetensors.h"
#include "core/graph/edit_text.h"
#include "core/inspect/edited_next.h"
#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/bar_table.h"
#include "ui/views/view_parts.h"

namespace cutaway {
namespace {

constexpr double kMost = 4;  ///< times the direction
constexpr int kStepsPerUnit = 20;
constexpr int kDelay = 60;     ///< ms that the slider rests before the chat is told
constexpr std::size_t kRows = 6;

enum Column { kToken, kPlain, kEdited, kBar };

/// The array under each layer's value is what is added to it.
Result<void> writeDirections(const QString& path, const Concept& found, const ModelDescription& model) {
  QDir().mkpath(path.section(QLatin1Char('/'), 0, -2));
  std::vector<NamedArray> arrays;
  for (const Concept::Layer& layer : found.layers())
    arrays.push_back({model.graph().values[layer.value].name,
                      ArrayType::f32,
                      {layer.steering.size()},
                      std::as_bytes(std::span(layer.steering))});
  return writeSafetensors(path.toStdString(), arrays, {{"model", model.name}, {"what", "steering vectors: mean with less mean without"}});
}

QString nameOf(const Concept& found) {
  QCryptographicHash hash(QCryptographicHash::Sha256);
  for (const Concept::Layer& layer : found.layers())
    hash.addData(QByteArray(reinterpret_cast<const char*>(layer.steering.data()),
                            static_cast<qsizetype>(layer.steering.size() * sizeof(float))));
  return QStringLiteral("concept-%1.safetensors").arg(QString::fromLatin1(hash.result().toHex().left(12)));
}

double lengthOf(const std::vector<float>& direction) {
  double sum = 0;
  for (const float x : direction) sum += double{x} * double{x};
  return std::sqrt(sum);
}

QString percent(double share) { return QLocale().toString(100 * share, 'f', 1) + QStringLiteral(" %"); }

/// The most likely tokens of both rows, by what they are with the edits.
std::vector<TokenId> rowsOf(const EditedNext& found) {
  std::vector<TokenId> tokens;
  for (const LogitRow* row : {&found.edited(), &found.plain()})
    for (std::size_t i = 0; i < std::min(kRows, row->top.size()); ++i)
      if (std::ranges::find(tokens, row->top[i].token) == tokens.end()) tokens.push_back(row->top[i].token);
  std::ranges::sort(tokens, std::greater<>(), [&](TokenId token) { return probability(found.edited(), token); });
  return tokens;
}

InquiryMaker effectOf(const QString& text, const QStringList& edits) {
  std::vector<std::string> texts;
  for (const QString& edit : edits) texts.push_back(edit.toStdString());
  return [text = text.toStdString(), texts](const Model& model,
                                            std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    if (tokens.empty()) tokens = model.description->tokenizer->encode(text, true, true);
    const auto size = static_cast<std::uint32_t>(tokens.size());
    auto acting = std::make_shared<Edits>();
    for (const std::string& edit : texts)
      for (Edit& one : TRY(parseEdit(model.description->graph(), edit, {size, size}))) acting->push_back(std::move(one));
    return EditedNext::create(model, std::move(tokens), std::move(acting));
  };
}

}  // namespace

SteeringPanel::SteeringPanel(ViewData& viewData, InspectorView& view)
    : m_data(viewData),
      m_view(view),
      m_title(makeHeading(QStringLiteral("steeringTitle"))),
      m_facts(makeFacts(QStringLiteral("steeringFacts"))),
      m_effect(makeFacts(QStringLiteral("steeringEffect"))),
      m_slider(new QSlider(Qt::Horizontal)),
      m_factor(new QDoubleSpinBox),
      m_next(new QTableWidget),
      m_question(viewData, QStringLiteral("steering"), nullptr) {
  setUp();
  layOut();
  connect(m_slider, &QSlider::valueChanged, this, [this](int value) { move(double(value) / kStepsPerUnit); });
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, &SteeringPanel::move);
  connect(&m_applySoon, &QTimer::timeout, this, &SteeringPanel::apply);
  connect(&m_askSoon, &QTimer::timeout, this, &SteeringPanel::ask);
  connect(&m_question, &ViewQuestion::answered, this, &SteeringPanel::take);
  connect(&viewData.edits(), &EditBook::changed, this, &SteeringPanel::follow);
}

void SteeringPanel::setUp() {
  m_slider->setObjectName(QStringLiteral("steeringSlider"));
  m_slider->setAccessibleName(tr("Times the direction"));
  m_slider->setRange(int(-kMost * kStepsPerUnit), int(kMost * kStepsPerUnit));
  m_slider->setPageStep(kStepsPerUnit / 2);
  m_slider->setTickPosition(QSlider::TicksBelow);
  m_slider->setTickInterval(int(kMost * kStepsPerUnit));  // the ends, and the middle: nothing is added
  m_factor->setObjectName(QStringLiteral("steeringFactor"));
  m_factor->setAccessibleName(tr("Times the direction"));
  m_factor->setRange(-kMost, kMost);
  m_factor->setDecimals(2);
  m_factor->setSingleStep(1.0 / kStepsPerUnit);
  m_factor->setPrefix(tr("× "));
  m_factor->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_next->setObjectName(QStringLiteral("steeringNext"));
  m_next->setAccessibleName(tr("Next token without and with the edits"));
  setUpBarTable(*m_next, {tr("Next token"), tr("Without"), tr("With"), tr("Size")}, kBar, {kToken, kBar});
  m_next->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
  m_next->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  for (QTimer* timer : {&m_applySoon, &m_askSoon}) {
    timer->setSingleShot(true);
    timer->setInterval(kDelay);
  }
}

void SteeringPanel::layOut() {
  auto* row = new QHBoxLayout;
  row->setSpacing(Theme::kGrid);
  row->addWidget(m_slider, 1);
  row->addWidget(m_factor);
  QVBoxLayout* column = makeBody(this);
  column->addWidget(m_title);
  column->addLayout(row);
  column->addWidget(m_facts);
  column->addWidget(m_effect);
  column->addWidget(new ProgressLine(m_question));
  column->addWidget(m_next);
}

void SteeringPanel::setFound(std::shared_ptr<const Concept> found, const QString& text) {
  m_found = std::move(found);
  m_text = text;
  m_name = m_found ? nameOf(*m_found) : QString();
  m_written = false;
  m_question.drop();
  m_next->setRowCount(0);
  m_next->hide();
  m_effect->clear();
  const QSignalBlocker quietSlider(m_slider), quietFactor(m_factor);
  m_applySoon.stop();
  m_factor->setValue(0);  // of the direction before
  if (m_found) setLayer(static_cast<int>(m_found->bestLayer()));
}

void SteeringPanel::setLayer(int layer) {
  m_layer = layer;
  m_title->setText(tr("Steer behind layer %1").arg(layer));
  m_facts->setText(tr("Adds multiples of the direction (%1 long) at every token of the chat, from the next answer on. It is one of the "
                      "edits of the Interventions view, where it is switched off and undone.")
                       .arg(QLocale().toString(lengthOf(m_found->layers()[static_cast<std::size_t>(layer)].steering), 'f', 1)));
  if (m_factor->value() != 0) return apply();
  follow();
}

QString SteeringPanel::path() const { return m_data.folder() + QLatin1Char('/') + m_name; }

QString SteeringPanel::mark() const { return QStringLiteral("=add:%1:").arg(path()); }

QString SteeringPanel::edit(double factor) const {
  const ValueId value = m_found->layers()[static_cast<std::size_t>(m_layer)].value;
  const QString name = QString::fromStdString(m_data.model()->description->graph().values[value].name);
  return name + mark() + name + QLatin1Char('*') + QString::number(factor, 'g', 6);
}

void SteeringPanel::move(double factor) {
  const QSignalBlocker quietSlider(m_slider), quietFactor(m_factor);
  m_slider->setValue(qRound(factor * kStepsPerUnit));
  m_factor->setValue(factor);
  m_applySoon.start();
}

void SteeringPanel::apply() {
  if (!m_found || !m_data.model()) return;
  const double factor = m_factor->value();
  if (factor == 0 || m_written) return m_data.edits().steer(mark(), factor == 0 ? QString() : edit(factor));
  m_data.inBackground(this, [this, path = path(), found = m_found, model = m_data.model()->description]() -> std::function<void()> {
    const Result<void> written = writeDirections(path, *found, *model);
    return [this, found, problem = written ? QString() : QString::fromStdString(written.error().message)] {
      if (found != m_found) return;
      m_written = problem.isEmpty();
      m_written ? apply() : m_effect->setText(problem);
    };
  });
}

void SteeringPanel::follow() {
  if (!m_found || m_applySoon.isActive()) return;
  double factor = 0;
  for (const EditBook::Item& item : m_data.edits().items())
    if (item.on && item.text.contains(mark())) factor = item.text.section(QLatin1Char('*'), -1).toDouble();
  const QSignalBlocker quietSlider(m_slider), quietFactor(m_factor);
  m_slider->setValue(qRound(factor * kStepsPerUnit));
  m_factor->setValue(factor);
  askSoon();
}

void SteeringPanel::askSoon() {
  if (m_found && m_view.isShown()) m_askSoon.start();
}

void SteeringPanel::ask() {
  if (!m_found) return;
  const TokenRange word = m_data.selection().tokens();
  const StoredMessage* message = word.isEmpty() ? nullptr : m_data.message(word.message);
  const bool chosen = message != nullptr && word.first < message->tokens.size();
  m_asked = chosen ? tr("In place of the selected “%1”:").arg(tokenLabel(message->tokens[word.first].text)) : tr("What follows “%1”:").arg(m_text);
  m_question.ask(chosen ? word.message : 0, chosen ? word.first : 0, effectOf(m_text, m_data.edits().chosen()));
}

void SteeringPanel::take(const Answer& answer) {
  const auto* found = dynamic_cast<const EditedNext*>(answer.inquiry.get());
  m_effect->setText(found != nullptr ? m_asked : answer.error);
  m_next->setVisible(found != nullptr);
  if (found == nullptr) return;
  const std::vector<TokenId> tokens = rowsOf(*found);
  m_next->setRowCount(static_cast<int>(tokens.size()));
  for (int row = 0; row < m_next->rowCount(); ++row) {
    const TokenId token = tokens[static_cast<std::size_t>(row)];
    const double edited = probability(found->edited(), token);
    m_next->setItem(row, kToken, tableCell(tokenLabel(answer.text(token))));
    m_next->setItem(row, kPlain, tableCell(percent(probability(found->plain(), token)), Qt::AlignRight));
    m_next->setItem(row, kEdited, tableCell(percent(edited), Qt::AlignRight));
    m_next->setItem(row, kBar, barCell(percent(edited), edited));
  }
  m_next->updateGeometry();
}

}  // namespace cutaway
