#include "gpu/vulkan/pipeline.h"

#include <vector>

namespace cutaway::gpu {
namespace {

Result<VkDescriptorSetLayout> createSetLayout(const Device& device, std::span<const BindingKind> bindings) {
  std::vector<VkDescriptorSetLayoutBinding> list(bindings.size());
  for (std::uint32_t i = 0; i < list.size(); ++i)
    list[i] = {.binding = i,
               .descriptorType = descriptorType(bindings[i]),
               .descriptorCount = 1,
               .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  const VkDescriptorSetLayoutCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                             .bindingCount = static_cast<std::uint32_t>(list.size()),
                                             .pBindings = list.data()};
  VkDescriptorSetLayout layout = VK_NULL_HANDLE;
  TRY(device.check(vkCreateDescriptorSetLayout(device.handle(), &info, nullptr, &layout),
                   "make a set layout"));
  return layout;
}

Result<VkPipelineLayout> createLayout(const Device& device, VkDescriptorSetLayout set,
                                      std::uint32_t pushConstants) {
  const VkPushConstantRange range{.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = pushConstants};
  const VkPipelineLayoutCreateInfo info{.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                        .setLayoutCount = 1,
                                        .pSetLayouts = &set,
                                        .pushConstantRangeCount = pushConstants ? 1u : 0u,
                                        .pPushConstantRanges = &range};
  VkPipelineLayout layout = VK_NULL_HANDLE;
  TRY(device.check(vkCreatePipelineLayout(device.handle(), &info, nullptr, &layout),
                   "make a pipeline layout"));
  return layout;
}

Result<VkPipeline> createPipeline(const Device& device, VkPipelineCache cache, VkPipelineLayout layout,
                                  VkShaderModule module, std::span<const std::uint32_t> constants,
                                  std::uint32_t subgroupSize) {
  std::vector<VkSpecializationMapEntry> entries(constants.size());
  for (std::uint32_t i = 0; i < entries.size(); ++i) entries[i] = {i, i * 4, 4};
  const VkSpecializationInfo specialization{.mapEntryCount = static_cast<std::uint32_t>(entries.size()),
                                            .pMapEntries = entries.data(),
                                            .dataSize = constants.size_bytes(),
                                            .pData = constants.data()};
  const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo whole{
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
      .requiredSubgroupSize = subgroupSize};
  const VkPipelineShaderStageCreateFlags flags =
      subgroupSize ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0;
  const VkComputePipelineCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .pNext = subgroupSize ? &whole : nullptr,
                .flags = flags,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = module,
                .pName = "main",
                .pSpecializationInfo = constants.empty() ? nullptr : &specialization},
      .layout = layout};
  VkPipeline pipeline = VK_NULL_HANDLE;
  TRY(device.check(vkCreateComputePipelines(device.handle(), cache, 1, &info, nullptr, &pipeline),
                   "compile a kernel"));
  return pipeline;
}

}  // namespace

VkDescriptorType descriptorType(BindingKind kind) {
  return kind == BindingKind::storage ? VK_DESCRIPTOR_TYPE_STORAGE_BUFFER
                                      : VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER;
}

Result<std::shared_ptr<const Pipeline>> Pipeline::create(const std::shared_ptr<const Device>& device,
                                                         VkPipelineCache cache,
                                                         std::span<const std::uint32_t> spirv,
                                                         std::span<const std::uint32_t> constants,
                                                         const char* name, std::uint32_t subgroupSize) {
  TRY(device->alive());
  std::shared_ptr<Pipeline> pipeline(new Pipeline);
  pipeline->m_name = name;
  pipeline->m_facts = TRY(reflect(spirv));
  if (pipeline->m_facts.pushConstants > device->physical().limits().pushConstants)
    return fail(ErrorKind::device, device->name(), ": kernel ", name, " needs ",
                pipeline->m_facts.pushConstants, " bytes of push constants; the device has ",
                device->physical().limits().pushConstants);
  pipeline->m_setLayout = {device, TRY(createSetLayout(*device, pipeline->m_facts.bindings))};
  pipeline->m_layout = {device,
                        TRY(createLayout(*device, pipeline->setLayout(), pipeline->m_facts.pushConstants))};

  const VkShaderModuleCreateInfo info{.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                      .codeSize = spirv.size_bytes(),
                                      .pCode = spirv.data()};
  VkShaderModule handle = VK_NULL_HANDLE;
  TRY(device->check(vkCreateShaderModule(device->handle(), &info, nullptr, &handle), "load a kernel"));
  const DeviceHandle<VkShaderModule, &vkDestroyShaderModule> module(device, handle);
  pipeline->m_pipeline = {
      device, TRY(createPipeline(*device, cache, pipeline->layout(), module.get(), constants, subgroupSize))};
  return pipeline;
}

}  // namespace cutaway::gpu
