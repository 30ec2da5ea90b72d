// The table of inspector views: menu, dock, saved layout, pictures and tests loop over it. A view is one file and
// one line.
#pragma once

#include <span>

#include "ui/views/view.h"

namespace cutaway {

struct ViewEntry {
  const char* id;        ///< in the saved layout and as the picture's file name
  const char* title;     ///< translated in context "Views"
  const char* shortcut;  ///< brings it to the front, and hides it there
  bool openAtFirst;      ///< in a fresh window; the others wait in the menu
  InspectorView* (*create)(ViewData& data, QWidget* parent);
};

std::span<const ViewEntry> viewTable();
QString viewTitle(const ViewEntry& entry);

InspectorView* createTokensView(ViewData& data, QWidget* parent);
InspectorView* createModelView(ViewData& data, QWidget* parent);
InspectorView* createPerformanceView(ViewData& data, QWidget* parent);
InspectorView* createAttentionView(ViewData& data, QWidget* parent);
InspectorView* createAttributionView(ViewData& data, QWidget* parent);
InspectorView* createImportanceView(ViewData& data, QWidget* parent);
InspectorView* createInterventionsView(ViewData& data, QWidget* parent);
InspectorView* createSweepView(ViewData& data, QWidget* parent);
InspectorView* createNeuronsView(ViewData& data, QWidget* parent);
InspectorView* createConceptsView(ViewData& data, QWidget* parent);
InspectorView* createLensView(ViewData& data, QWidget* parent);
InspectorView* createHeadsView(ViewData& data, QWidget* parent);
InspectorView* createWhyView(ViewData& data, QWidget* parent);
InspectorView* createCapturesView(ViewData& data, QWidget* parent);
InspectorView* createStatesView(ViewData& data, QWidget* parent);
InspectorView* createTensorsView(ViewData& data, QWidget* parent);
InspectorView* createGraphView(ViewData& data, QWidget* parent);
InspectorView* createDifferenceView(ViewData& data, QWidget* parent);
InspectorView* createDriftView(ViewData& data, QWidget* parent);
InspectorView* createOutliersView(ViewData& data, QWidget* parent);
InspectorView* createRestoreView(ViewData& data, QWidget* parent);

}  // namespace cutaway
