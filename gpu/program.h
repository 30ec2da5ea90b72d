// A compiled piece of a graph: launches in order with their buffers. The body computes what has a row per
// token, the tail what has a row per wanted token, kTailRows of them at a time.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "gpu/arena.h"
#include "gpu/grid.h"
#include "gpu/vulkan/descriptors.h"

namespace cutaway::gpu {

/// One row (a token, or one wanted row) or any number: they have kernels and fusions of their own.
enum class RowClass : std::uint8_t { one, many };
enum class Part : std::uint8_t { body, tail };

/// What a launch reads or writes: a value of the arena, or memory that outlives the program.
struct Operand {
  static constexpr Arena::Id kFixed = UINT32_MAX;
  Arena::Id arena = kFixed;
  Slice slice;  ///< of fixed memory; of arena values once they are placed
  bool read = false, written = false;
  /// What a launch has to move of it at least: once, per row, per cell of the context.
  std::uint64_t wholeBytes = 0, rowBytes = 0, cellBytes = 0;
};

/// Push constants of any kernel; the first word is rowBase.
struct PushData {
  std::array<std::uint32_t, 16> words{};
  std::uint32_t bytes = 0;
};

struct Launch {
  std::shared_ptr<const Pipeline> pipeline;
  std::vector<Operand> operands;  ///< by binding
  PushData push;
  Grid grid;
  std::int32_t layer = kNone;
  std::string kind;           ///< names of the values it makes, without their layer
  bool afterBarrier = false;  ///< reads or overwrites what a launch since the last barrier touched
  VkDescriptorSet set = VK_NULL_HANDLE;
  Slice indirect;  ///< arguments, when the grid changes from step to step
  std::array<std::uint32_t, 3> fixedGrid{1, 1, 1};
};

/// A value that can be copied out right after the last launch that writes it, or at the end where the
/// program's values share no memory.
struct Stored {
  ValueId value = kNone;
  std::size_t lastLaunch = 0;
  Arena::Id arena = Operand::kFixed;
  std::uint64_t offset = 0, bytes = 0;  ///< in the arena's value; 0 bytes: all of it
  /// The bit that asks a launch to store it, and the tap word; no bit: it is always stored.
  std::uint32_t tapWord = 0, tapBit = 0;
  bool picked = false;  ///< all tokens' rows, of which the first wanted one is meant
  Slice slice;
};

struct Program {
  Part part = Part::body;
  RowClass rows = RowClass::one;
  std::vector<Launch> launches;
  std::vector<Stored> stored;   ///< every value that some launch writes whole
  std::set<ValueId> swallowed;  ///< values that no launch stores for another one to read
  Slice arena;
  DescriptorPool descriptors;
  std::uint64_t arenaBytes = 0;

  /// Programs of one row keep every value until they are done.
  bool keepsValues() const { return rows == RowClass::one; }
  const Stored* find(ValueId value) const;
};

}  // namespace cutaway::gpu
