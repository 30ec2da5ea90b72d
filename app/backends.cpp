#include "app/backends.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "core/cpu/cpu_backend.h"
#ifdef CUTAWAY_WITH_GPU
#include "gpu/vulkan_backend.h"
#endif

namespace cutaway {
namespace {

std::string g_vulkanProblem;

/// Order of preference. A software device computes on the same cores as the CPU backend, only slower.
int rank(DeviceKind kind) {
  constexpr std::array order = {DeviceKind::discrete, DeviceKind::integrated, DeviceKind::other, DeviceKind::cpu,
                                DeviceKind::software};
  return static_cast<int>(std::ranges::find(order, kind) - order.begin());
}

void addVulkanDevices([[maybe_unused]] std::vector<BackendFactory>& factories) {
#ifdef CUTAWAY_WITH_GPU
  const auto devices = listVulkanDevices();
  if (!devices) {
    g_vulkanProblem = devices.error().message;
    return;
  }
  for (std::size_t i = 0; i < devices->size(); ++i)
    factories.push_back({(*devices)[i], [i] { return createVulkanBackend(i); }});
#else
  g_vulkanProblem = "this build has no Vulkan backend";
#endif
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

bool matches(const BackendFactory& factory, std::string_view choice) {
  if (lowered(choice) == "cpu") return factory.device.kind == DeviceKind::cpu;
  return lowered(factory.device.name).find(lowered(choice)) != std::string::npos;
}

Result<std::shared_ptr<Backend>> openFirst(const std::vector<BackendFactory>& factories) {
  Error lastError{ErrorKind::device, "no device can run a model"};
  for (const BackendFactory& factory : factories) {
    auto backend = factory.create();
    if (backend) return backend;
    lastError = backend.error();
  }
  return std::unexpected(lastError);
}

std::string listOf(const std::vector<BackendFactory>& factories) {
  std::string list;
  for (std::size_t i = 0; i < factories.size(); ++i)
    list += concat(i == 0 ? "" : ", ", i, " ", factories[i].device.name,
                   factories[i].device.kind == DeviceKind::cpu ? " (cpu)" : "");
  return list;
}

}  // namespace

std::vector<BackendFactory> backendFactories() {
  std::vector<BackendFactory> factories;
  addVulkanDevices(factories);
  factories.push_back({cpuDevice(), []() -> Result<std::shared_ptr<Backend>> { return createCpuBackend(); }});
  std::ranges::stable_sort(factories, {}, [](const BackendFactory& f) { return rank(f.device.kind); });
  return factories;
}

const std::string& vulkanProblem() { return g_vulkanProblem; }

std::string deviceNote([[maybe_unused]] const DeviceInfo& device) {
#ifdef CUTAWAY_WITH_GPU
  const auto devices = listVulkanDevices();
  const auto notes = describeVulkanMatrices();
  for (std::size_t i = 0; devices && notes && i < std::min(devices->size(), notes->size()); ++i)
    if ((*devices)[i].name == device.name && (*devices)[i].kind == device.kind) return (*notes)[i];
#endif
  return {};
}

Result<std::shared_ptr<Backend>> openBackend(std::string_view choice) {
  const std::vector<BackendFactory> factories = backendFactories();
  if (choice.empty()) return openFirst(factories);
  std::size_t index = 0;
  const auto parsed = std::from_chars(choice.data(), choice.data() + choice.size(), index);
  if (parsed.ec == std::errc() && parsed.ptr == choice.data() + choice.size()) {
    if (index < factories.size()) return factories[index].create();
  } else {
    const auto found = std::ranges::find_if(factories, [&](const auto& f) { return matches(f, choice); });
    if (found != factories.end()) return found->create();
  }
  return fail(ErrorKind::usage, "there is no device \"", choice, "\"; there are: ", listOf(factories));
}

}  // namespace cutaway
