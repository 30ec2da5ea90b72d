// How fast kernels can read the device's memory, measured.
#pragma once

#include "gpu/kernels.h"
#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {

/// Bytes per second, the best of a few reads of a buffer far larger than caches; takes a fraction of a
/// second.
Result<double> measureReadBandwidth(const std::shared_ptr<const Device>& device, KernelLibrary& kernels,
                                    Timeline& timeline);

}  // namespace cutaway::gpu
