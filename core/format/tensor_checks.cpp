#include "core/format/tensor_checks.h"

#include <limits>

#include "core/base/utf8.h"

namespace cutaway {

std::string shapeText(std::span<const std::uint64_t> shape) {
  std::string text;
  for (const std::uint64_t dimension : shape) text += concat(text.empty() ? "" : " x ", dimension);
  return text;
}

Result<std::uint64_t> checkedTensorBytes(std::string_view file, std::string_view name,
                                         std::span<const std::uint64_t> shape, const NumberFormat& format) {
  if (shape.empty() || shape.size() > 4)
    return fail(ErrorKind::badInput, file, ": tensor ", inQuotes(name), " has ", shape.size(),
                " dimensions; expected 1 to 4");
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::uint64_t elements = 1;
  for (const std::uint64_t dimension : shape) {
    if (dimension == 0)
      return fail(ErrorKind::badInput, file, ": tensor ", inQuotes(name), " has the shape ", shapeText(shape),
                  "; expected no dimension of zero");
    if (__builtin_mul_overflow(elements, dimension, &elements) || elements > kMost)
      return fail(ErrorKind::badInput, file, ": tensor ", inQuotes(name), " has the shape ", shapeText(shape),
                  ", more weights than 63 bits can count");
  }
  if (shape.back() % format.blockSize != 0)
    return fail(ErrorKind::badInput, file, ": tensor ", inQuotes(name), " has rows of ", shape.back(),
                " weights; expected a multiple of ", format.blockSize, ", the block of ", format.name);
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(elements / format.blockSize, std::uint64_t{format.blockBytes}, &bytes) ||
      bytes > kMost)
    return fail(ErrorKind::badInput, file, ": tensor ", inQuotes(name), " has the shape ", shapeText(shape),
                " in ", format.name, ", more bytes than 63 bits can count");
  return bytes;
}

Result<void> checkName(std::string_view file, std::string_view what, std::string_view name) {
  if (name.empty()) return fail(ErrorKind::badInput, file, ": ", what, " is empty");
  if (!isUtf8(name)) return fail(ErrorKind::badInput, file, ": ", what, " is not UTF-8: ", inQuotes(name));
  return {};
}

}  // namespace cutaway
