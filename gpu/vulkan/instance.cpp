#include "gpu/vulkan/instance.h"

#include <array>
#include <cstring>

namespace cutaway::gpu {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL onMessage(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                         VkDebugUtilsMessageTypeFlagsEXT,
                                         const VkDebugUtilsMessengerCallbackDataEXT* data, void* log) {
  static_cast<ValidationLog*>(log)->add(data->pMessage ? data->pMessage : "(no message)");
  return VK_FALSE;
}

bool hasLayer(const char* name) {
  std::uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  for (const auto& layer : layers)
    if (std::strcmp(layer.layerName, name) == 0) return true;
  return false;
}

Result<void> checkVersion() {
  std::uint32_t version = 0;
  if (vkEnumerateInstanceVersion(&version) != VK_SUCCESS || version < VK_API_VERSION_1_2)
    return fail(ErrorKind::device, "the Vulkan loader knows version ", VK_API_VERSION_MAJOR(version), ".",
                VK_API_VERSION_MINOR(version), "; 1.2 or newer is needed");
  return {};
}

}  // namespace

void ValidationLog::add(std::string message) {
  const std::scoped_lock lock(m_mutex);
  m_messages.push_back(std::move(message));
}

std::vector<std::string> ValidationLog::take() {
  const std::scoped_lock lock(m_mutex);
  return std::exchange(m_messages, {});
}

Result<std::shared_ptr<Instance>> Instance::create(bool validation) {
  TRY(loadVulkan());
  TRY(checkVersion());
  if (validation && !hasLayer(kValidationLayer))
    return fail(ErrorKind::device, "Vulkan validation was asked for, but ", kValidationLayer,
                " is not installed (Debian and Ubuntu: package vulkan-validationlayers)");

  std::shared_ptr<Instance> instance(new Instance);
  const VkApplicationInfo application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                      .pApplicationName = "Cutaway",
                                      .apiVersion = VK_API_VERSION_1_2};
  const VkDebugUtilsMessengerCreateInfoEXT messenger{
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
      .messageSeverity =
          VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
      .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
      .pfnUserCallback = onMessage,
      .pUserData = &instance->m_log};
  constexpr std::array kFeatures{VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
  const VkValidationFeaturesEXT features{.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                         .pNext = &messenger,
                                         .enabledValidationFeatureCount = kFeatures.size(),
                                         .pEnabledValidationFeatures = kFeatures.data()};
  constexpr std::array kLayers{kValidationLayer};
  constexpr std::array kExtensions{VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  VkInstanceCreateInfo info{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                            .pApplicationInfo = &application};
  if (validation) {
    info.pNext = &features;
    info.enabledLayerCount = kLayers.size();
    info.ppEnabledLayerNames = kLayers.data();
    info.enabledExtensionCount = kExtensions.size();
    info.ppEnabledExtensionNames = kExtensions.data();
  }
  if (const VkResult result = vkCreateInstance(&info, nullptr, &instance->m_handle); result != VK_SUCCESS)
    return fail(ErrorKind::device, "Vulkan cannot be used: vkCreateInstance says ", resultName(result));
  TRY(loadInstanceFunctions(instance->m_handle));

  if (validation) {
    const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance->m_handle, "vkCreateDebugUtilsMessengerEXT"));
    instance->m_destroyMessenger = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
        vkGetInstanceProcAddr(instance->m_handle, "vkDestroyDebugUtilsMessengerEXT"));
    if (!create || !instance->m_destroyMessenger ||
        create(instance->m_handle, &messenger, nullptr, &instance->m_messenger) != VK_SUCCESS)
      return fail(ErrorKind::device, "the validation layer takes no messenger");
  }
  return instance;
}

Instance::~Instance() {
  if (m_messenger) m_destroyMessenger(m_handle, m_messenger, nullptr);
  if (m_handle && vkDestroyInstance) vkDestroyInstance(m_handle, nullptr);
}

Result<std::vector<VkPhysicalDevice>> Instance::physicalDevices() const {
  std::uint32_t count = 0;
  VkResult result = vkEnumeratePhysicalDevices(m_handle, &count, nullptr);
  std::vector<VkPhysicalDevice> devices(count);
  if (result == VK_SUCCESS && count > 0)
    result = vkEnumeratePhysicalDevices(m_handle, &count, devices.data());
  if (result != VK_SUCCESS)
    return fail(ErrorKind::device, "Vulkan cannot list devices: ", resultName(result));
  devices.resize(count);
  return devices;
}

}  // namespace cutaway::gpu
