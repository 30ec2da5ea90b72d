#include "gpu/vulkan/api.h"

#include <dlfcn.h>

#include <mutex>

namespace cutaway::gpu {

#define CUTAWAY_DEFINE(name) PFN_##name name = nullptr;
CUTAWAY_VULKAN_GLOBAL_FUNCTIONS(CUTAWAY_DEFINE)
CUTAWAY_VULKAN_INSTANCE_FUNCTIONS(CUTAWAY_DEFINE)
#undef CUTAWAY_DEFINE
PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr = nullptr;

namespace {

template <class Function>
bool find(VkInstance instance, const char* name, Function& function) {
  function = reinterpret_cast<Function>(vkGetInstanceProcAddr(instance, name));
  return function != nullptr;
}

Result<void> openLoader() {
  constexpr const char* kLoader = "libvulkan.so.1";
  void* library = dlopen(kLoader, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return fail(ErrorKind::device, "the Vulkan loader ", kLoader,
                " is not installed (Debian and Ubuntu: package libvulkan1); the CPU backend still works");
  vkGetInstanceProcAddr =
      reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
  if (!vkGetInstanceProcAddr) return fail(ErrorKind::device, kLoader, " has no vkGetInstanceProcAddr");
#define CUTAWAY_FIND(name) \
  if (!find(nullptr, #name, name)) return fail(ErrorKind::device, kLoader, " has no " #name);
  CUTAWAY_VULKAN_GLOBAL_FUNCTIONS(CUTAWAY_FIND)
#undef CUTAWAY_FIND
  return {};
}

}  // namespace

Result<void> loadVulkan() {
  static const Result<void> loaded = openLoader();
  return loaded;
}

PFN_vkVoidFunction findOptional(VkInstance instance, const char* name) {
  return vkGetInstanceProcAddr(instance, name);
}

Result<void> loadInstanceFunctions(VkInstance instance) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  if (vkCreateDevice) return {};
#define CUTAWAY_FIND(name) \
  if (!find(instance, #name, name)) return fail(ErrorKind::device, "the Vulkan loader has no " #name);
  CUTAWAY_VULKAN_INSTANCE_FUNCTIONS(CUTAWAY_FIND)
#undef CUTAWAY_FIND
  return {};
}

const char* resultName(VkResult result) {
  struct Name {
    VkResult result;
    const char* name;
  };
  static constexpr Name kNames[] = {
#define CUTAWAY_NAME(name) {name, #name}
      CUTAWAY_NAME(VK_SUCCESS),
      CUTAWAY_NAME(VK_TIMEOUT),
      CUTAWAY_NAME(VK_ERROR_OUT_OF_HOST_MEMORY),
      CUTAWAY_NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY),
      CUTAWAY_NAME(VK_ERROR_INITIALIZATION_FAILED),
      CUTAWAY_NAME(VK_ERROR_DEVICE_LOST),
      CUTAWAY_NAME(VK_ERROR_MEMORY_MAP_FAILED),
      CUTAWAY_NAME(VK_ERROR_LAYER_NOT_PRESENT),
      CUTAWAY_NAME(VK_ERROR_EXTENSION_NOT_PRESENT),
      CUTAWAY_NAME(VK_ERROR_FEATURE_NOT_PRESENT),
      CUTAWAY_NAME(VK_ERROR_INCOMPATIBLE_DRIVER),
      CUTAWAY_NAME(VK_ERROR_TOO_MANY_OBJECTS),
      CUTAWAY_NAME(VK_ERROR_FRAGMENTED_POOL),
      CUTAWAY_NAME(VK_ERROR_OUT_OF_POOL_MEMORY),
#undef CUTAWAY_NAME
  };
  for (const Name& name : kNames)
    if (name.result == result) return name.name;
  return "an unknown Vulkan error";
}

}  // namespace cutaway::gpu
