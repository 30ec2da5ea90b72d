// The driver's pipeline cache, kept in the user's cache folder between runs.
#pragma once

#include <string>
#include <vector>

#include "gpu/vulkan/device.h"

namespace cutaway::gpu {

/// What a pipeline cache file must begin with to be given to this driver; anything else is thrown away. Files
/// are wrapped in our own header, as drivers are known to trust theirs.
std::vector<std::byte> wrapCacheData(const VkPhysicalDeviceProperties& device,
                                     std::span<const std::byte> data);
std::span<const std::byte> unwrapCacheData(const VkPhysicalDeviceProperties& device,
                                           std::span<const std::byte> file);

class PipelineCache {
 public:
  /// Reads the file of this device's pipelineCacheUUID in `folder` if there is a sound one. An empty folder:
  /// no file.
  static Result<PipelineCache> create(const std::shared_ptr<const Device>& device, const std::string& folder);
  PipelineCache(PipelineCache&&) = default;

  VkPipelineCache handle() const { return m_handle.get(); }
  /// Writes the file anew when the driver has learnt something. Failing to write is no error: it is a cache.
  void save();

 private:
  PipelineCache() = default;
  DeviceHandle<VkPipelineCache, &vkDestroyPipelineCache> m_handle;
  std::string m_path;
  std::size_t m_savedBytes = 0;
};

/// $XDG_CACHE_HOME/cutaway, else ~/.cache/cutaway; empty when neither is known.
std::string userCacheFolder();

}  // namespace cutaway::gpu
