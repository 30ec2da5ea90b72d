#include "app/backends.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

constexpr const char* kKindNames[] = {"cpu", "software Vulkan", "integrated GPU", "discrete GPU", "other Vulkan device"};

Result<void> run(bool json) {
  const std::vector<BackendFactory> factories = backendFactories();
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (std::size_t i = 0; i < factories.size(); ++i) {
    const DeviceInfo& device = factories[i].device;
    const char* kind = kKindNames[static_cast<std::size_t>(device.kind)];
    const std::string note = deviceNote(device);
    list.push_back({{"index", i},
                    {"name", device.name},
                    {"kind", kind},
                    {"driver", device.driver},
                    {"memory_bytes", device.memory},
                    {"note", note},
                    {"default", i == 0}});
    text += concat(i, "  ", device.name, "\n   ", kind, ", ", formatBytes(device.memory),
                   device.driver.empty() ? "" : ", ", device.driver, i == 0 ? " (default)" : "", "\n",
                   note.empty() ? "" : concat("   ", note, "\n"));
  }
  if (json) {
    printJson({{"devices", list}, {"vulkan_problem", vulkanProblem()}});
  } else {
    print(text);
    if (!vulkanProblem().empty()) print("No Vulkan device: " + vulkanProblem() + "\n");
  }
  return {};
}

}  // namespace

Run declareDevices(CLI::App& command) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "One JSON object");
  return [json] { return run(*json); };
}

}  // namespace cutaway::cli
