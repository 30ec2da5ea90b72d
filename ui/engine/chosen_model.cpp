#include "ui/engine/chosen_model.h"

#include "core/convert/simulated_file.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

Result<ModelFile> openChosen(const QString& path, const SharedBytes& demoModel, const QString& simulation,
                             const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress) {
  ModelFile file = TRY(path == kDemoModel ? openModelFile(demoModel) : openModelFile(path.toStdString()));
  if (simulation.isEmpty()) return file;
  const Simulation parsed = TRY(parseSimulation(simulation.toStdString()));
  ThreadPool pool;
  return simulatedFile(file, parsed, pool, progress);
}

}  // namespace cutaway
