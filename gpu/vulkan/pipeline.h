// A compute pipeline: one kernel with its specialization constants, and what may be bound to it.
#pragma once

#include <span>

#include "gpu/vulkan/device.h"
#include "gpu/vulkan/pipeline_cache.h"
#include "gpu/vulkan/spirv_reflection.h"

namespace cutaway::gpu {

VkDescriptorType descriptorType(BindingKind kind);

class Pipeline {
 public:
  /// `constants` are specialization constants 0, 1, 2, ..; `subgroupSize`, where it is not 0, is what whole
  /// subgroups are to have.
  static Result<std::shared_ptr<const Pipeline>> create(const std::shared_ptr<const Device>& device,
                                                        VkPipelineCache cache,
                                                        std::span<const std::uint32_t> spirv,
                                                        std::span<const std::uint32_t> constants,
                                                        const char* name, std::uint32_t subgroupSize = 0);
  VkPipeline handle() const { return m_pipeline.get(); }
  VkPipelineLayout layout() const { return m_layout.get(); }
  VkDescriptorSetLayout setLayout() const { return m_setLayout.get(); }
  const ModuleFacts& facts() const { return m_facts; }
  const char* name() const { return m_name; }

 private:
  Pipeline() = default;
  ModuleFacts m_facts;
  const char* m_name = "";
  DeviceHandle<VkDescriptorSetLayout, &vkDestroyDescriptorSetLayout> m_setLayout;
  DeviceHandle<VkPipelineLayout, &vkDestroyPipelineLayout> m_layout;
  DeviceHandle<VkPipeline, &vkDestroyPipeline> m_pipeline;
};

}  // namespace cutaway::gpu
