#include "core/quant/scheme.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "core/quant/code_books.h"
#include "core/quant/fallback.h"
#include "core/quant/integer_grid.h"

namespace cutaway {
namespace {

constexpr std::uint32_t kLeastBits = 2, kMostBits = 16, kMostSize = 1u << 20;
constexpr const char* kWhatThereIs =
    "; expected int2 to int16 with :tensor, :channel or :gN (columns of a group) and :asym (zero points), nf4 or fp4 with "
    ":bN (weights of a block) and :dq (double quantization), or a format: f16, bf16, q8_0, q4_0, q4_K, ..";

std::optional<std::uint32_t> numberIn(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < least || value > most)
    return std::nullopt;
  return value;
}

std::string_view takePart(std::string_view& text) {
  const std::size_t colon = text.find(':');
  const std::string_view part = text.substr(0, colon);
  text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  return part;
}

std::optional<Scheme> parseKind(std::string_view part) {
  Scheme scheme;
  if (part == "nf4" || part == "fp4") {
    scheme.kind = part == "nf4" ? Scheme::Kind::nf4 : Scheme::Kind::fp4;
    scheme.size = 64;
    return scheme;
  }
  if (part.starts_with("int")) {
    const auto bits = numberIn(part.substr(3), kLeastBits, kMostBits);
    if (!bits) return std::nullopt;
    scheme.bits = *bits;
    return scheme;
  }
  const NumberFormat* format = findFormatByName(part);
  if (format == nullptr) return std::nullopt;
  scheme.kind = Scheme::Kind::format;
  scheme.format = format->id;
  return scheme;
}

bool applyPart(std::string_view part, Scheme& scheme) {
  if (scheme.kind == Scheme::Kind::format) return false;
  if (scheme.kind == Scheme::Kind::integer) {
    if (part == "tensor" || part == "channel") {
      scheme.shares = part == "tensor" ? Scheme::Shares::tensor : Scheme::Shares::channel;
      return true;
    }
    if (part == "asym" || part == "sym") {
      scheme.zeroPoint = part == "asym";
      return true;
    }
    const auto size = part.starts_with("g") ? numberIn(part.substr(1), 1, kMostSize) : std::nullopt;
    if (!size) return false;
    scheme.shares = Scheme::Shares::group;
    scheme.size = *size;
    return true;
  }
  if (part == "dq") {
    scheme.doubleQuantized = true;
    return true;
  }
  const auto size = part.starts_with("b") ? numberIn(part.substr(1), 1, kMostSize) : std::nullopt;
  if (!size) return false;
  scheme.size = *size;
  return true;
}

IntegerGrid gridOf(const Scheme& scheme, Extent extent) {
  const auto levels = static_cast<float>((1u << scheme.bits) - 1);
  if (scheme.zeroPoint) {
    const float scale = (extent.high - extent.low) / levels;
    const float zero = scale > 0 ? std::nearbyint(-extent.low / scale) : 0;
    return {scale, -zero, levels - zero};
  }
  return symmetricGrid(scheme.bits, std::max(extent.high, -extent.low));
}

void roundGroup(const Scheme& scheme, std::span<float> weights) {
  roundToGrid(gridOf(scheme, extentOf(weights)), weights);
}

void roundTensor(const Scheme& scheme, std::span<float> weights, ThreadPool& pool) {
  constexpr std::size_t kPiece = 1u << 16;
  const std::size_t pieces = (weights.size() + kPiece - 1) / kPiece;
  const auto piece = [&](std::size_t i) {
    return weights.subspan(i * kPiece, std::min(kPiece, weights.size() - i * kPiece));
  };
  std::vector<Extent> extents(pieces);
  pool.parallelFor(pieces, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) extents[i] = extentOf(piece(i));
  });
  Extent all;
  for (const Extent& extent : extents) all = {std::min(all.low, extent.low), std::max(all.high, extent.high)};
  const IntegerGrid grid = gridOf(scheme, all);
  pool.parallelFor(pieces, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) roundToGrid(grid, piece(i));
  });
}

void roundByFormat(const NumberFormat& format, std::uint64_t rows, std::uint64_t columns, std::span<float> weights,
                   ThreadPool& pool) {
  pool.parallelFor(rows, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
    std::vector<std::byte> blocks(format.bytesFor(columns));
    for (std::size_t row = begin; row < end; ++row) {
      const std::span<float> values = weights.subspan(row * columns, columns);
      format.encode(values, {}, blocks);
      format.decode(blocks, values);
    }
  });
}

void roundByCodes(const Scheme& scheme, std::span<float> weights) {
  const auto codes = scheme.kind == Scheme::Kind::nf4 ? nf4Codes() : fp4Codes();
  roundToCodes(codes, scheme.size, scheme.doubleQuantized, weights);
}

}  // namespace

double Scheme::bitsPerWeight(std::uint64_t rows, std::uint64_t columns) const {
  if (kind == Kind::format) return numberFormat(formatForRows(format, columns)).bitsPerWeight();
  const auto weights = static_cast<double>(rows) * static_cast<double>(columns);
  if (kind == Kind::integer) {
    const double groups = shares == Shares::tensor    ? 1
                          : shares == Shares::channel ? static_cast<double>(rows)
                                                      : static_cast<double>(rows * ((columns + size - 1) / size));
    return bits + groups * (16 + (zeroPoint ? bits : 0)) / weights;
  }
  return 4 + (doubleQuantized ? 8 + 32.0 / 256 : 32.0) / size;
}

Result<Scheme> parseScheme(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view rest = lower;
  auto scheme = parseKind(takePart(rest));
  bool isGood = scheme.has_value();
  while (isGood && !rest.empty()) isGood = applyPart(takePart(rest), *scheme);
  if (!isGood) return fail(ErrorKind::usage, "\"", text, "\" is no way to store weights", kWhatThereIs);
  return *scheme;
}

std::string toString(const Scheme& scheme) {
  if (scheme.kind == Scheme::Kind::format) {
    std::string name = numberFormat(scheme.format).name;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
  }
  if (scheme.kind != Scheme::Kind::integer)
    return concat(scheme.kind == Scheme::Kind::nf4 ? "nf4" : "fp4", ":b", scheme.size, scheme.doubleQuantized ? ":dq" : "");
  const std::string shares = scheme.shares == Scheme::Shares::tensor    ? "tensor"
                             : scheme.shares == Scheme::Shares::channel ? "channel"
                                                                        : concat("g", scheme.size);
  return concat("int", scheme.bits, ":", shares, scheme.zeroPoint ? ":asym" : "");
}

std::string describe(const Scheme& scheme) {
  if (scheme.kind == Scheme::Kind::format) return numberFormat(scheme.format).name;
  if (scheme.kind != Scheme::Kind::integer)
    return concat(scheme.kind == Scheme::Kind::nf4 ? "NF4" : "FP4", ", blocks of ", scheme.size,
                  scheme.doubleQuantized ? ", double quantization" : "");
  const std::string shares = scheme.shares == Scheme::Shares::tensor    ? "one scale per tensor"
                             : scheme.shares == Scheme::Shares::channel ? "one scale per row"
                                                                        : concat("groups of ", scheme.size);
  return concat(scheme.bits, "-bit integers", scheme.zeroPoint ? " with zero points" : "", ", ", shares);
}

void simulate(const Scheme& scheme, std::uint64_t rows, std::uint64_t columns, std::span<float> weights,
              ThreadPool& pool) {
  if (weights.empty()) return;
  if (scheme.kind == Scheme::Kind::format)
    return roundByFormat(numberFormat(formatForRows(scheme.format, columns)), rows, columns, weights, pool);
  if (scheme.kind != Scheme::Kind::integer) return roundByCodes(scheme, weights);
  if (scheme.shares == Scheme::Shares::tensor) return roundTensor(scheme, weights, pool);
  const std::size_t size = scheme.shares == Scheme::Shares::channel ? columns : scheme.size;
  pool.parallelFor(rows, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t first = 0; first < columns; first += size)
        roundGroup(scheme, weights.subspan(row * columns + first, std::min<std::size_t>(size, columns - first)));
  });
}

}  // namespace cutaway
