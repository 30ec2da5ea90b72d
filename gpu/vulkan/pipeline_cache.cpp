#include "gpu/vulkan/pipeline_cache.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace cutaway::gpu {
namespace {

/// Fixed layout, little-endian like everything this program writes.
struct FileHeader {
  char magic[8];
  std::uint32_t vendor, device, driverVersion, reserved;
  std::uint8_t uuid[VK_UUID_SIZE];
  std::uint64_t bytes, checksum;
};
constexpr char kMagic[8] = {'C', 'U', 'T', 'P', 'I', 'P', 'E', '1'};
static_assert(sizeof(FileHeader) == 56);

/// FNV-1a, 64 bits.
std::uint64_t checksum(std::span<const std::byte> data) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (const std::byte b : data) hash = (hash ^ static_cast<std::uint64_t>(b)) * 0x100000001b3ull;
  return hash;
}

FileHeader headerFor(const VkPhysicalDeviceProperties& device, std::span<const std::byte> data) {
  FileHeader header{.vendor = device.vendorID,
                    .device = device.deviceID,
                    .driverVersion = device.driverVersion,
                    .bytes = data.size(),
                    .checksum = checksum(data)};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  std::memcpy(header.uuid, device.pipelineCacheUUID, VK_UUID_SIZE);
  return header;
}

std::vector<std::byte> readWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return in ? bytes : std::vector<std::byte>{};
}

std::string fileName(const VkPhysicalDeviceProperties& device) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name = "pipelines-";
  for (const std::uint8_t b : device.pipelineCacheUUID) {
    name += kDigits[b >> 4];
    name += kDigits[b & 15];
  }
  return name + ".bin";
}

}  // namespace

std::vector<std::byte> wrapCacheData(const VkPhysicalDeviceProperties& device,
                                     std::span<const std::byte> data) {
  const FileHeader header = headerFor(device, data);
  std::vector<std::byte> file(sizeof header + data.size());
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, data.data(), data.size());
  return file;
}

std::span<const std::byte> unwrapCacheData(const VkPhysicalDeviceProperties& device,
                                           std::span<const std::byte> file) {
  if (file.size() < sizeof(FileHeader)) return {};
  const auto data = file.subspan(sizeof(FileHeader));
  const FileHeader expected = headerFor(device, data);
  return std::memcmp(&expected, file.data(), sizeof expected) == 0 ? data : std::span<const std::byte>{};
}

Result<PipelineCache> PipelineCache::create(const std::shared_ptr<const Device>& device,
                                            const std::string& folder) {
  PipelineCache cache;
  std::vector<std::byte> file;
  const VkPhysicalDeviceProperties& properties = device->physical().properties();
  if (!folder.empty()) {
    cache.m_path = folder + "/" + fileName(properties);
    file = readWhole(cache.m_path);
  }
  const auto data = unwrapCacheData(properties, file);
  const VkPipelineCacheCreateInfo info{.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                       .initialDataSize = data.size(),
                                       .pInitialData = data.empty() ? nullptr : data.data()};
  VkPipelineCache handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreatePipelineCache(device->handle(), &info, nullptr, &handle),
                    "make a pipeline cache"));
  cache.m_handle = {device, handle};
  cache.m_savedBytes = data.size();
  return cache;
}

void PipelineCache::save() {
  if (m_path.empty()) return;
  const Device& device = *m_handle.device();
  std::size_t bytes = 0;
  if (vkGetPipelineCacheData(device.handle(), m_handle.get(), &bytes, nullptr) != VK_SUCCESS) return;
  if (bytes == m_savedBytes) return;
  std::vector<std::byte> data(bytes);
  if (vkGetPipelineCacheData(device.handle(), m_handle.get(), &bytes, data.data()) != VK_SUCCESS) return;
  data.resize(bytes);
  m_savedBytes = bytes;

  const auto file = wrapCacheData(device.physical().properties(), data);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(m_path).parent_path(), error);
  const std::string temporary = m_path + ".new";
  std::ofstream out(temporary, std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.close();
  if (out) std::filesystem::rename(temporary, m_path, error);
}

std::string userCacheFolder() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder && *folder)
    return std::string(folder) + "/cutaway";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.cache/cutaway";
  return {};
}

}  // namespace cutaway::gpu
