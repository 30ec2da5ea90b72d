// Whether a device's cooperative matrices compute what they should: asked once per driver, and remembered.
#pragma once

#include <string>

#include "gpu/kernels.h"
#include "gpu/vulkan/timeline.h"

namespace cutaway::gpu {

enum class MatrixVerdict : std::uint8_t { unknown, right, wrong };

/// Beside the pipeline cache. What an older driver or another kernel was found to do counts for nothing. An
/// empty folder: nothing is kept.
class MatrixVerdictFile {
 public:
  MatrixVerdictFile(const PhysicalDevice& device, const std::string& folder);
  /// `key` says what the verdict is about. An empty path: nothing is kept.
  MatrixVerdictFile(std::string path, std::string key) : m_path(std::move(path)), m_key(std::move(key)) {}
  MatrixVerdict read() const;
  /// Failing to write is no error: the next run asks again.
  void write(MatrixVerdict verdict) const;

 private:
  std::string m_path, m_key;
};

/// Whether the device has cooperative matrices and the program kernels for them.
bool canUseMatrices(const PhysicalDevice& device);

/// Runs a small product by the kernel on cooperative matrices, and compares it with the host's: right when
/// each sum differs by no more than halves in place of floats explain.
Result<MatrixVerdict> checkMatrices(const std::shared_ptr<const Device>& device,
                                    const std::shared_ptr<KernelLibrary>& kernels, Timeline& timeline);

/// The comparison alone. `sizes` are the sums of the terms' absolute values.
MatrixVerdict judgeProduct(std::span<const float> found, std::span<const double> expected,
                           std::span<const double> sizes);

/// For people, "cooperative matrices 16x16x16"; empty where there are none.
std::string describeMatrices(const PhysicalDevice& device, MatrixVerdict verdict);

}  // namespace cutaway::gpu
