// A model's file as it was chosen: on disk or embedded, as stored or in a simulated precision.
#pragma once

#include <QString>
#include <functional>

#include "core/base/mapped_file.h"
#include "core/format/model_file.h"

namespace cutaway {

/// `path`: of a model, or kDemoModel, whose bytes are `demoModel`. `simulation`: as parseSimulation reads it, or empty;
/// `progress` is told bytes done and in all of it, and stops the work by false.
Result<ModelFile> openChosen(const QString& path, const SharedBytes& demoModel, const QString& simulation = {},
                             const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress = {});

}  // namespace cutaway
