#include "ui/views/states_data.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "ui/views/view_saving.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(StatesView)
};

constexpr std::size_t kMostDots = 3000;

QString numberText(float value) { return QLocale().toString(double{value}, 'g', 4); }

QString componentTitle(const Pca& pca, std::size_t i) {
  const double share = i < pca.components() && pca.totalVariance > 0 ? pca.variance[i] / pca.totalVariance : 0;
  return Text::tr("component %1 (%2 %)").arg(i + 1).arg(QLocale().toString(100 * share, 'f', 1));
}

}  // namespace

QString measureTitle(StateMeasure measure) {
  switch (measure) {
    case StateMeasure::norm: return Text::tr("Length of the state");
    case StateMeasure::attention: return Text::tr("Change by attention");
    case StateMeasure::feedForward: return Text::tr("Change by the feed-forward part");
    case StateMeasure::previousCosine: return Text::tr("Cosine to the layer before");
    case StateMeasure::lastCosine: return Text::tr("Cosine to the last layer");
  }
  return {};
}

QString rowTitle(int row) { return row == 0 ? Text::tr("embedding") : Text::tr("layer %1").arg(row - 1); }

StatePlaces StatePlaces::of(const HiddenStates& states, const PcaOptions& options) {
  ThreadPool pool;
  StatePlaces found{principalComponents(states.states(), states.width(), options, pool), {}};
  const std::size_t count = states.keptTokens().size() * states.rows(), components = found.pca.components();
  found.places.resize(count * components);
  pool.parallelFor(count, 64, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      found.pca.project(states.states().subspan(i * states.width(), states.width()),
                        std::span(found.places).subspan(i * components, components));
  });
  return found;
}

Heatmap::Data StatesData::map(StateMeasure measure) const {
  Heatmap::Data map;
  if (!states) return map;
  map.rows = static_cast<int>(states->tokens().size());
  map.columns = rows();
  map.title = measureTitle(measure);
  map.diverging = stateMeasures()[static_cast<std::size_t>(measure)].isCosine;
  map.clipped = !map.diverging;
  for (int token = 0; token < map.rows; ++token) {
    map.rowLabels += text.label(token);
    for (int row = 0; row < map.columns; ++row)
      map.values.push_back(states->at(measure, static_cast<std::uint32_t>(row), static_cast<std::size_t>(token)));
  }
  map.columnLabels += Text::tr("embed");
  for (int row = 1; row < map.columns; ++row) map.columnLabels += QString::number(row - 1);
  return map;
}

TrajectoryPlot::Data StatesData::paths(const std::vector<int>& tokens, std::size_t x, std::size_t y) const {
  TrajectoryPlot::Data plot;
  if (!states || !places || places->pca.components() == 0) return plot;
  const std::size_t components = places->pca.components();
  const auto place = [&](std::size_t state) {
    const auto at = [&](std::size_t i) { return i < components ? double{places->places[state * components + i]} : 0.0; };
    return QPointF(at(x), at(y));
  };
  plot.xTitle = componentTitle(places->pca, x);
  plot.yTitle = componentTitle(places->pca, y);
  for (int row = 0; row < rows(); ++row) plot.layers += rowTitle(row);
  const std::vector<std::uint32_t>& kept = states->keptTokens();
  for (const int token : tokens) {
    const auto found = std::ranges::lower_bound(kept, static_cast<std::uint32_t>(token));
    if (found == kept.end() || *found != static_cast<std::uint32_t>(token)) continue;
    const std::size_t first = static_cast<std::size_t>(found - kept.begin()) * states->rows();
    TrajectoryPlot::Path path{token, text.label(token), {}};
    for (std::size_t row = 0; row < states->rows(); ++row) path.places.push_back(place(first + row));
    plot.paths.push_back(std::move(path));
  }
  const std::size_t count = kept.size() * states->rows();
  for (std::size_t i = 0; i < count && !plot.paths.empty(); i += count / kMostDots + 1) plot.cloud.push_back(place(i));
  return plot;
}

QString StatesData::describe(int token, int row) const {
  if (!states || token < 0 || row < 0 || token >= text.size() || row >= rows()) return {};
  QString lines = Text::tr("“%1”, token %2, %3").arg(text.label(token)).arg(token).arg(rowTitle(row));
  for (const StateMeasureInfo& info : stateMeasures()) {
    const float value = states->at(info.measure, static_cast<std::uint32_t>(row), static_cast<std::size_t>(token));
    if (std::isfinite(value)) lines += QLatin1Char('\n') + Text::tr("%1: %2").arg(measureTitle(info.measure), numberText(value));
  }
  return lines;
}

QString StatesData::csv() const {
  if (!states) return {};
  const std::size_t components = places ? places->pca.components() : 0;
  QStringList cells = {QStringLiteral("token"), QStringLiteral("text"), QStringLiteral("layer")};
  for (const StateMeasureInfo& info : stateMeasures()) cells += QString::fromUtf8(info.name);
  for (std::size_t i = 0; i < components; ++i) cells += QStringLiteral("component-%1").arg(i + 1);
  CsvTable csv(cells);
  std::size_t kept = 0;
  for (int token = 0; token < text.size(); ++token) {
    const bool isKept = kept < states->keptTokens().size() && states->keptTokens()[kept] == static_cast<std::uint32_t>(token);
    for (std::size_t row = 0; row < states->rows(); ++row) {
      cells = {QString::number(token), text.pieces[token], row == 0 ? QStringLiteral("embed") : QString::number(row - 1)};
      for (const StateMeasureInfo& info : stateMeasures()) {
        const float value = states->at(info.measure, static_cast<std::uint32_t>(row), static_cast<std::size_t>(token));
        cells += std::isfinite(value) ? csvNumber(double{value}) : QString();
      }
      for (std::size_t i = 0; i < components; ++i)
        cells += isKept ? csvNumber(double{places->places[(kept * states->rows() + row) * components + i]}) : QString();
      csv.add(cells);
    }
    kept += isKept ? 1 : 0;
  }
  return csv.text();
}

}  // namespace cutaway
