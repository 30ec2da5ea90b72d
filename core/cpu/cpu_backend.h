// The CPU backend: plain multi-threaded C++ over the graph. The reference for every shader, and the fallback.
#pragma once

#include <memory>

#include "core/run/backend.h"

namespace cutaway {

DeviceInfo cpuDevice();

/// `threads` 0: one per processor. Weights stay in the file's mapping, as they are. A plan runs a step inside
/// submit(); its results are bit-identical for any number of threads and any cutting of a prompt into steps.
std::shared_ptr<Backend> createCpuBackend(unsigned threads = 0);

}  // namespace cutaway
