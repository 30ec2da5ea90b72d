// Cooperative matrices (VK_KHR_cooperative_matrix): what a device lists, and what of it the kernels can use.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gpu/vulkan/api.h"

namespace cutaway::gpu {

/// A line of the device's list: products of an m x k and a k x n fragment, added to an m x n one.
struct CooperativeProduct {
  std::uint32_t m = 0, n = 0, k = 0;
  bool halvesToFloats = false;  ///< factors in F16, sums in F32
  bool bySubgroup = false, saturates = false;
};

struct CooperativeFacts {
  bool supported = false;          ///< extension, and all features that the kernels need
  std::uint32_t subgroupSize = 0;  ///< that a kernel can ask for
  std::vector<CooperativeProduct> products;
};

/// What kernels on cooperative matrices are compiled for.
struct MatrixVariant {
  std::uint32_t m = 0, n = 0, k = 0;
  std::uint32_t subgroupSize = 0;
  bool operator==(const MatrixVariant&) const = default;
};

inline constexpr std::uint32_t kMatrixLanes = 128;  ///< of a work-group of shaders/linear_matrix.comp

/// 16 x 16 x 16 where it is listed, else the largest that the kernels can be made of; nothing on other
/// devices.
std::optional<MatrixVariant> chooseMatrices(const CooperativeFacts& facts);

/// Of a device that has kMatrixExtensions.
CooperativeFacts readCooperativeFacts(VkInstance instance, VkPhysicalDevice device);

/// Extensions that a device must have, and is opened with.
inline constexpr const char* kMatrixExtensions[] = {"VK_KHR_cooperative_matrix",
                                                    VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME};
/// The features of VkPhysicalDeviceVulkan12Features that they need.
void askForMatrices(VkPhysicalDeviceVulkan12Features& features);
/// The others, as a chain for VkDeviceCreateInfo; lives as long as the program.
void* matrixFeatures();

}  // namespace cutaway::gpu
