#include "core/convert/conversion.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "core/run/ledger.h"

namespace cutaway {

double TensorReport::relativeError() const { return squares > 0 ? std::sqrt(squaredError / squares) : 0; }

double TensorReport::snrDb() const {
  if (squaredError <= 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(squares / squaredError);
}

Result<void> checkTarget(const std::string& target, const std::string& source) {
  std::error_code ignored;
  if (std::filesystem::equivalent(source, target, ignored))
    return fail(ErrorKind::badInput, target, ": is the source itself, which is never changed; choose another name");
  return {};
}

Result<void> checkDiskSpace(const std::string& path, std::uint64_t bytes, const std::string& begun) {
  std::error_code problem;
  const std::uintmax_t there = begun.empty() ? 0 : std::filesystem::file_size(begun, problem);
  if (!problem) bytes -= std::min<std::uint64_t>(bytes, there);
  const std::filesystem::path folder = std::filesystem::absolute(path, problem).parent_path();
  const auto space = std::filesystem::space(folder, problem);
  if (problem) return fail(ErrorKind::badInput, path, ": the folder cannot be written to: ", problem.message());
  if (space.available < bytes)
    return fail(ErrorKind::badInput, path, ": needs ", formatBytes(bytes), ", but its disk has only ",
                formatBytes(space.available), " free");
  return {};
}

}  // namespace cutaway
