// The Vulkan instance, with the validation layer's messages collected when it is asked for.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gpu/vulkan/api.h"

namespace cutaway::gpu {

/// Warnings and errors of the validation layer, in order. Thread-safe.
class ValidationLog {
 public:
  void add(std::string message);
  std::vector<std::string> take();

 private:
  std::mutex m_mutex;
  std::vector<std::string> m_messages;
};

class Instance {
 public:
  /// With `validation` the Khronos layer checks every call, synchronization included; it must be installed.
  static Result<std::shared_ptr<Instance>> create(bool validation);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  VkInstance handle() const { return m_handle; }
  ValidationLog& validationLog() { return m_log; }
  Result<std::vector<VkPhysicalDevice>> physicalDevices() const;

 private:
  Instance() = default;

  ValidationLog m_log;
  VkInstance m_handle = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT m_messenger = VK_NULL_HANDLE;
  PFN_vkDestroyDebugUtilsMessengerEXT m_destroyMessenger = nullptr;
};

}  // namespace cutaway::gpu
