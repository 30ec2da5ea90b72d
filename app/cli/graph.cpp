#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

Json graphJson(const Graph& graph) {
  Json values = Json::array();
  for (const Value& value : graph.values) {
    const Node& node = graph.nodes[static_cast<std::size_t>(value.node)];
    Json inputs = Json::array(), weights = Json::array();
    for (const ValueId input : node.inputs) inputs.push_back(graph.values[static_cast<std::size_t>(input)].name);
    for (const WeightId weight : node.weights)
      if (weight != kNone) weights.push_back(graph.weights[static_cast<std::size_t>(weight)].name);
    values.push_back({{"name", value.name},
                      {"shape", toString(value.shape)},
                      {"op", opInfo(node.op).name},
                      {"inputs", inputs},
                      {"weights", weights},
                      {"on_demand", value.onDemand}});
  }
  return {{"values", values}};
}

}  // namespace

Run declareGraph(CLI::App& command) {
  auto options = std::make_shared<ModelOptions>();
  auto json = std::make_shared<bool>(false);
  options->declareModel(command);
  command.add_flag("--json", *json, "One JSON object");
  return [=]() -> Result<void> {
    const auto model = TRY(options->describe());
    if (*json) {
      printJson(graphJson(model->graph()));
    } else {
      print(toString(model->graph()));
    }
    return {};
  };
}

}  // namespace cutaway::cli
