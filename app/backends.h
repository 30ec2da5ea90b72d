// All devices of this machine that can run a model.
#pragma once

#include <string_view>
#include <vector>

#include "core/run/backend.h"

namespace cutaway {

/// Devices in the order in which they are offered: discrete, integrated and other GPUs, the CPU, software Vulkan.
/// The first one is the default.
std::vector<BackendFactory> backendFactories();

/// Why Vulkan offers no device, for people; empty when it does.
const std::string& vulkanProblem();

/// What is worth knowing about a device beside its name, for people; may be empty.
std::string deviceNote(const DeviceInfo& device);

/// Opens the device chosen by index into the list, "cpu", or a part of its name; empty: the first one that opens.
/// An unknown choice is refused with the list.
Result<std::shared_ptr<Backend>> openBackend(std::string_view choice);

}  // namespace cutaway
