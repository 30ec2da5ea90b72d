// The size of a launch: a product of what is known when a program is made and what each step brings.
#pragma once

#include <array>
#include <cstdint>

namespace cutaway::gpu {

/// ceil(symbol * times / by) work-groups along one dimension.
struct Extent {
  enum class Symbol : std::uint8_t { one, tokens, tiles, splits };
  Symbol symbol = Symbol::one;
  std::uint32_t times = 1, by = 1;

  static Extent of(std::uint64_t count) { return {Symbol::one, static_cast<std::uint32_t>(count), 1}; }
  static Extent tokens(std::uint32_t times = 1, std::uint32_t by = 1) { return {Symbol::tokens, times, by}; }
  static Extent tiles() { return {Symbol::tiles, 1, 1}; }
  static Extent splits() { return {Symbol::splits, 1, 1}; }
  bool operator==(const Extent&) const = default;
};

using Grid = std::array<Extent, 3>;

/// What the symbols are in a step.
struct StepSizes {
  std::uint32_t tokens = 1, tiles = 1, splits = 1;
};

inline std::uint32_t evaluate(const Extent& extent, const StepSizes& sizes) {
  const std::uint64_t symbol = extent.symbol == Extent::Symbol::tokens   ? sizes.tokens
                               : extent.symbol == Extent::Symbol::tiles  ? sizes.tiles
                               : extent.symbol == Extent::Symbol::splits ? sizes.splits
                                                                         : 1;
  return static_cast<std::uint32_t>((symbol * extent.times + extent.by - 1) / extent.by);
}

}  // namespace cutaway::gpu
