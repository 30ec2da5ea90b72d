// The model card: what a described model is, as values for people.
#pragma once

#include "core/run/model.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

ModelCard makeModelCard(const ModelDescription& model, const QString& path);
MemoryUse memoryUse(const Ledger& ledger);

}  // namespace cutaway
