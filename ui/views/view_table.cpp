#include "ui/views/view_table.h"

#include <QCoreApplication>

namespace cutaway {
namespace {

constexpr ViewEntry kViews[] = {
    {"tokens", QT_TRANSLATE_NOOP("Views", "Tokens"), "Alt+1", createTokensView},
    {"model", QT_TRANSLATE_NOOP("Views", "Model"), "Alt+2", createModelView},
    {"performance", QT_TRANSLATE_NOOP("Views", "Performance"), "Alt+3", createPerformanceView},
    {"attention", QT_TRANSLATE_NOOP("Views", "Attention"), "Alt+4", createAttentionView},
    {"lens", QT_TRANSLATE_NOOP("Views", "Logit lens"), "Alt+5", createLensView},
    {"heads", QT_TRANSLATE_NOOP("Views", "Heads"), "Alt+6", createHeadsView},
};

}  // namespace

std::span<const ViewEntry> viewTable() { return kViews; }

QString viewTitle(const ViewEntry& entry) { return QCoreApplication::translate("Views", entry.title); }

}  // namespace cutaway
