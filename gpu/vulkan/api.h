// The Vulkan functions this backend calls, found in the loader at run time: a machine without Vulkan still
// starts.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include "core/base/result.h"

namespace cutaway::gpu {

#define CUTAWAY_VULKAN_GLOBAL_FUNCTIONS(X) \
  X(vkCreateInstance)                      \
  X(vkEnumerateInstanceVersion)            \
  X(vkEnumerateInstanceLayerProperties)    \
  X(vkEnumerateInstanceExtensionProperties)

#define CUTAWAY_VULKAN_INSTANCE_FUNCTIONS(X)  \
  X(vkDestroyInstance)                        \
  X(vkEnumeratePhysicalDevices)               \
  X(vkEnumerateDeviceExtensionProperties)     \
  X(vkGetPhysicalDeviceProperties2)           \
  X(vkGetPhysicalDeviceFeatures2)             \
  X(vkGetPhysicalDeviceMemoryProperties2)     \
  X(vkGetPhysicalDeviceQueueFamilyProperties) \
  X(vkCreateDevice)                           \
  X(vkDestroyDevice)                          \
  X(vkGetDeviceQueue)                         \
  X(vkAllocateMemory)                         \
  X(vkFreeMemory)                             \
  X(vkMapMemory)                              \
  X(vkCreateBuffer)                           \
  X(vkDestroyBuffer)                          \
  X(vkCreateBufferView)                       \
  X(vkDestroyBufferView)                      \
  X(vkGetBufferMemoryRequirements)            \
  X(vkBindBufferMemory)                       \
  X(vkCreateShaderModule)                     \
  X(vkDestroyShaderModule)                    \
  X(vkCreateDescriptorSetLayout)              \
  X(vkDestroyDescriptorSetLayout)             \
  X(vkCreateDescriptorPool)                   \
  X(vkDestroyDescriptorPool)                  \
  X(vkAllocateDescriptorSets)                 \
  X(vkUpdateDescriptorSets)                   \
  X(vkCreatePipelineLayout)                   \
  X(vkDestroyPipelineLayout)                  \
  X(vkCreatePipelineCache)                    \
  X(vkDestroyPipelineCache)                   \
  X(vkGetPipelineCacheData)                   \
  X(vkCreateComputePipelines)                 \
  X(vkDestroyPipeline)                        \
  X(vkCreateCommandPool)                      \
  X(vkDestroyCommandPool)                     \
  X(vkAllocateCommandBuffers)                 \
  X(vkFreeCommandBuffers)                     \
  X(vkBeginCommandBuffer)                     \
  X(vkEndCommandBuffer)                       \
  X(vkCmdBindPipeline)                        \
  X(vkCmdBindDescriptorSets)                  \
  X(vkCmdPushConstants)                       \
  X(vkCmdDispatch)                            \
  X(vkCmdDispatchIndirect)                    \
  X(vkCmdPipelineBarrier)                     \
  X(vkCmdCopyBuffer)                          \
  X(vkCmdFillBuffer)                          \
  X(vkCreateQueryPool)                        \
  X(vkDestroyQueryPool)                       \
  X(vkCmdResetQueryPool)                      \
  X(vkCmdWriteTimestamp)                      \
  X(vkGetQueryPoolResults)                    \
  X(vkCreateSemaphore)                        \
  X(vkDestroySemaphore)                       \
  X(vkSignalSemaphore)                        \
  X(vkWaitSemaphores)                         \
  X(vkQueueSubmit)                            \
  X(vkQueueWaitIdle)                          \
  X(vkDeviceWaitIdle)

#define CUTAWAY_DECLARE(name) extern PFN_##name name;
CUTAWAY_VULKAN_GLOBAL_FUNCTIONS(CUTAWAY_DECLARE)
CUTAWAY_VULKAN_INSTANCE_FUNCTIONS(CUTAWAY_DECLARE)
#undef CUTAWAY_DECLARE
extern PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr;

/// Opens the loader and finds the global functions, once. Fails with a sentence when no loader is installed.
Result<void> loadVulkan();
/// Finds the other functions. The loader's entry points serve every instance.
Result<void> loadInstanceFunctions(VkInstance instance);

/// A function that the loader or the drivers may lack; null then.
PFN_vkVoidFunction findOptional(VkInstance instance, const char* name);

/// The name of a result, "VK_ERROR_DEVICE_LOST"; for errors.
const char* resultName(VkResult result);

}  // namespace cutaway::gpu
