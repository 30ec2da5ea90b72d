// The logical device with its queue; the place where a lost device is noticed once and remembered.
#pragma once

#include <atomic>
#include <memory>

#include "gpu/vulkan/instance.h"
#include "gpu/vulkan/physical_device.h"

namespace cutaway::gpu {

class Device {
 public:
  static Result<std::shared_ptr<Device>> create(std::shared_ptr<Instance> instance, PhysicalDevice physical);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device();

  VkDevice handle() const { return m_handle; }
  VkQueue queue() const { return m_queue; }
  Instance& instance() const { return *m_instance; }
  const PhysicalDevice& physical() const { return m_physical; }
  const std::string& name() const { return m_physical.info().name; }

  /// Turns what a call returned into an error of the right kind; `doing` reads "submit a step".
  Result<void> check(VkResult result, const char* doing) const;
  bool lost() const { return m_lost; }
  /// Bytes of all memory blocks; counted by them.
  std::uint64_t allocatedBytes() const { return m_allocated; }
  void countAllocation(std::int64_t bytes) const { m_allocated += static_cast<std::uint64_t>(bytes); }
  /// For tests: behaves from now on as after VK_ERROR_DEVICE_LOST.
  void loseForTest() const { m_lost = true; }
  /// Fails with the same error ever after the device was lost.
  Result<void> alive() const;

 private:
  Device(std::shared_ptr<Instance> instance, PhysicalDevice physical);

  std::shared_ptr<Instance> m_instance;
  PhysicalDevice m_physical;
  VkDevice m_handle = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  mutable std::atomic<bool> m_lost = false;
  mutable std::atomic<std::uint64_t> m_allocated = 0;
};

/// A handle that a device destroys: `DeviceHandle<VkBuffer, &vkDestroyBuffer>`.
template <class Handle, auto Destroy>
class DeviceHandle {
 public:
  DeviceHandle() = default;
  DeviceHandle(std::shared_ptr<const Device> device, Handle handle)
      : m_device(std::move(device)), m_handle(handle) {}
  DeviceHandle(DeviceHandle&& other) noexcept
      : m_device(std::move(other.m_device)), m_handle(std::exchange(other.m_handle, VK_NULL_HANDLE)) {}
  DeviceHandle& operator=(DeviceHandle&& other) noexcept {
    DeviceHandle old(std::move(*this));
    m_device = std::move(other.m_device);
    m_handle = std::exchange(other.m_handle, VK_NULL_HANDLE);
    return *this;
  }
  ~DeviceHandle() {
    if (m_handle) (*Destroy)(m_device->handle(), m_handle, nullptr);
  }
  Handle get() const { return m_handle; }
  const std::shared_ptr<const Device>& device() const { return m_device; }

 private:
  std::shared_ptr<const Device> m_device;
  Handle m_handle = VK_NULL_HANDLE;
};

}  // namespace cutaway::gpu
