#include "gpu/vulkan/cooperative.h"

#include <algorithm>
#include <tuple>

namespace cutaway::gpu {

// Headers older than the extension (Debian 12's) do not have these; as the specification's section on
// VK_KHR_cooperative_matrix declares them.
#ifndef VK_KHR_cooperative_matrix
namespace {
constexpr auto kFeaturesType = static_cast<VkStructureType>(1000506000);
constexpr auto kPropertiesType = static_cast<VkStructureType>(1000506001);
constexpr int kScopeSubgroup = 3, kFloat16 = 0, kFloat32 = 1;
struct VkCooperativeMatrixPropertiesKHR {
  VkStructureType sType;
  void* pNext;
  std::uint32_t MSize, NSize, KSize;
  int AType, BType, CType, ResultType;
  VkBool32 saturatingAccumulation;
  int scope;
};
struct VkPhysicalDeviceCooperativeMatrixFeaturesKHR {
  VkStructureType sType;
  void* pNext;
  VkBool32 cooperativeMatrix, cooperativeMatrixRobustBufferAccess;
};
using PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR =
    VkResult(VKAPI_PTR*)(VkPhysicalDevice, std::uint32_t*, VkCooperativeMatrixPropertiesKHR*);
}  // namespace
#else
namespace {
constexpr auto kFeaturesType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR;
constexpr auto kPropertiesType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
constexpr auto kScopeSubgroup = VK_SCOPE_SUBGROUP_KHR;
constexpr auto kFloat16 = VK_COMPONENT_TYPE_FLOAT16_KHR, kFloat32 = VK_COMPONENT_TYPE_FLOAT32_KHR;
}  // namespace
#endif

namespace {

constexpr std::uint32_t kTile = 64;  ///< rows of either factor that a work-group takes, and columns at a time

bool fits(const CooperativeProduct& product, std::uint32_t subgroups) {
  const auto divides = [](std::uint32_t part, std::uint32_t whole) { return part > 0 && whole % part == 0; };
  // Two rows of subgroups, each with as many fragments of gate as of up.
  return product.halvesToFloats && product.bySubgroup && !product.saturates &&
         divides(product.m * 4, kTile) && product.m % 8 == 0 && divides(product.n * subgroups, 2 * kTile) &&
         divides(product.k, kTile) && product.k % 8 == 0;
}

std::vector<CooperativeProduct> listProducts(VkInstance instance, VkPhysicalDevice device) {
  const auto read = reinterpret_cast<PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR>(
      findOptional(instance, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  std::uint32_t count = 0;
  if (!read || read(device, &count, nullptr) != VK_SUCCESS) return {};
  std::vector<VkCooperativeMatrixPropertiesKHR> list(count, {.sType = kPropertiesType});
  if (read(device, &count, list.data()) != VK_SUCCESS) return {};
  std::vector<CooperativeProduct> products;
  for (const auto& p : list)
    products.push_back({.m = p.MSize,
                        .n = p.NSize,
                        .k = p.KSize,
                        .halvesToFloats = p.AType == kFloat16 && p.BType == kFloat16 && p.CType == kFloat32 &&
                                          p.ResultType == kFloat32,
                        .bySubgroup = p.scope == kScopeSubgroup,
                        .saturates = p.saturatingAccumulation == VK_TRUE});
  return products;
}

}  // namespace

std::optional<MatrixVariant> chooseMatrices(const CooperativeFacts& facts) {
  if (!facts.supported || facts.subgroupSize == 0 || kMatrixLanes % (2 * facts.subgroupSize) != 0) return {};
  const auto rank = [](const CooperativeProduct& p) {
    return std::tuple(p.m == 16 && p.n == 16 && p.k == 16, p.m * p.n * p.k);
  };
  const CooperativeProduct* best = nullptr;
  for (const CooperativeProduct& product : facts.products)
    if (fits(product, kMatrixLanes / facts.subgroupSize) && (!best || rank(product) > rank(*best)))
      best = &product;
  if (!best) return {};
  return MatrixVariant{best->m, best->n, best->k, facts.subgroupSize};
}

CooperativeFacts readCooperativeFacts(VkInstance instance, VkPhysicalDevice device) {
  CooperativeFacts facts;
  VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices{.sType = kFeaturesType};
  VkPhysicalDeviceSubgroupSizeControlFeatures size{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES, .pNext = &matrices};
  VkPhysicalDeviceVulkan12Features features12{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                              .pNext = &size};
  VkPhysicalDeviceFeatures2 features{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                     .pNext = &features12};
  vkGetPhysicalDeviceFeatures2(device, &features);
  VkPhysicalDeviceSubgroupSizeControlProperties sizes{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
  VkPhysicalDeviceSubgroupProperties subgroup{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES,
                                              .pNext = &sizes};
  VkPhysicalDeviceProperties2 properties{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                         .pNext = &subgroup};
  vkGetPhysicalDeviceProperties2(device, &properties);
  facts.supported = matrices.cooperativeMatrix && size.subgroupSizeControl && size.computeFullSubgroups &&
                    features12.vulkanMemoryModel && features12.vulkanMemoryModelDeviceScope &&
                    features12.shaderFloat16 &&
                    (sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
  facts.subgroupSize = subgroup.subgroupSize;
  if (facts.supported) facts.products = listProducts(instance, device);
  return facts;
}

void askForMatrices(VkPhysicalDeviceVulkan12Features& features) {
  // Device scope is that of the atomics in attention.comp: with the memory model on, they need to be allowed
  // it.
  features.vulkanMemoryModel = features.vulkanMemoryModelDeviceScope = features.shaderFloat16 = VK_TRUE;
}

void* matrixFeatures() {
  static VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices{.sType = kFeaturesType,
                                                               .cooperativeMatrix = VK_TRUE};
  static VkPhysicalDeviceSubgroupSizeControlFeatures size{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
      .pNext = &matrices,
      .subgroupSizeControl = VK_TRUE,
      .computeFullSubgroups = VK_TRUE};
  return &size;
}

}  // namespace cutaway::gpu
