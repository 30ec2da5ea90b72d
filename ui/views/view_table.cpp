#include "ui/views/view_table.h"

#include <QCoreApplication>

namespace cutaway {
namespace {

constexpr ViewEntry kViews[] = {
    {"tokens", QT_TRANSLATE_NOOP("Views", "Tokens"), "Alt+1", true, createTokensView},
    {"model", QT_TRANSLATE_NOOP("Views", "Model"), "Alt+2", false, createModelView},
    {"performance", QT_TRANSLATE_NOOP("Views", "Performance"), "Alt+3", false, createPerformanceView},
    {"attention", QT_TRANSLATE_NOOP("Views", "Attention"), "Alt+4", true, createAttentionView},
    {"lens", QT_TRANSLATE_NOOP("Views", "Logit lens"), "Alt+5", true, createLensView},
    {"heads", QT_TRANSLATE_NOOP("Views", "Heads"), "Alt+6", false, createHeadsView},
    {"why", QT_TRANSLATE_NOOP("Views", "Why"), "Alt+7", true, createWhyView},
    {"captures", QT_TRANSLATE_NOOP("Views", "Captures"), "Alt+8", false, createCapturesView},
    {"states", QT_TRANSLATE_NOOP("Views", "Hidden states"), "Alt+9", false, createStatesView},
    {"tensors", QT_TRANSLATE_NOOP("Views", "Tensors"), "Alt+0", false, createTensorsView},
    {"graph", QT_TRANSLATE_NOOP("Views", "Graph"), "Alt+Shift+G", false, createGraphView},
    {"attribution", QT_TRANSLATE_NOOP("Views", "Attribution"), "Alt+Shift+A", false, createAttributionView},
    {"importance", QT_TRANSLATE_NOOP("Views", "Importance"), "Alt+Shift+I", false, createImportanceView},
    {"interventions", QT_TRANSLATE_NOOP("Views", "Interventions"), "Alt+Shift+E", false, createInterventionsView},
    {"sweep", QT_TRANSLATE_NOOP("Views", "Sweep"), "Alt+Shift+S", false, createSweepView},
    {"neurons", QT_TRANSLATE_NOOP("Views", "Neurons"), "Alt+Shift+N", false, createNeuronsView},
    {"outliers", QT_TRANSLATE_NOOP("Views", "Activation outliers"), "Alt+Shift+O", false, createOutliersView},
    {"concepts", QT_TRANSLATE_NOOP("Views", "Concepts"), "Alt+Shift+C", false, createConceptsView},
    {"difference", QT_TRANSLATE_NOOP("Views", "Two models"), "Alt+Shift+D", false, createDifferenceView},
    {"drift", QT_TRANSLATE_NOOP("Views", "Quantization lens"), "Alt+Shift+L", false, createDriftView},
    {"restore", QT_TRANSLATE_NOOP("Views", "Restore"), "Alt+Shift+R", false, createRestoreView},
};

}  // namespace

std::span<const ViewEntry> viewTable() { return kViews; }

QString viewTitle(const ViewEntry& entry) { return QCoreApplication::translate("Views", entry.title); }

}  // namespace cutaway
