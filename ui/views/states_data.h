// The hidden states of a text as a view shows them: heatmap, paths, words and CSV.
#pragma once

#include "core/inspect/pca.h"
#include "core/inspect/states.h"
#include "ui/views/heatmap.h"
#include "ui/views/shown_text.h"
#include "ui/views/trajectory_plot.h"

namespace cutaway {

QString measureTitle(StateMeasure measure);
QString rowTitle(int row);  ///< "embedding", "layer 0"

/// Principal components, and where all kept states lie along them.
struct StatePlaces {
  Pca pca;
  std::vector<float> places;  ///< (kept tokens, rows, components)
  static StatePlaces of(const HiddenStates& states, const PcaOptions& options);  ///< takes a moment: not on the UI thread
};

struct StatesData {
  std::shared_ptr<const HiddenStates> states;  ///< null: there are none
  std::shared_ptr<const StatePlaces> places;   ///< null: not yet known
  ShownText text;

  int rows() const { return states ? static_cast<int>(states->rows()) : 0; }
  Heatmap::Data map(StateMeasure measure) const;  ///< a row per token
  /// Paths of these tokens, as far as their states were kept, in components x and y.
  TrajectoryPlot::Data paths(const std::vector<int>& tokens, std::size_t x, std::size_t y) const;
  QString describe(int token, int row) const;  ///< a line of names, then one per measure
  QString csv() const;                         ///< a line per token and row
};

}  // namespace cutaway
