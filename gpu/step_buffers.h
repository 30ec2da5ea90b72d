// A step's arrays on their way to the device: written to one of two upload slots, copied to the buffers that
// every recording reads. T, N, positions, pages and launch sizes live there, so that one recording serves any
// step.
#pragma once

#include <vector>

#include "core/run/backend.h"
#include "gpu/grid.h"
#include "gpu/shaders/params.h"
#include "gpu/vulkan/commands.h"

namespace cutaway::gpu {

inline constexpr std::uint32_t kSlots = 2;  ///< steps in flight

class StepBuffers {
 public:
  struct Shape {
    std::uint32_t maxTokens = 0;
    std::uint32_t cachePages = 0;
    std::uint32_t tapWords = 0;         ///< see shaders/params.h
    std::vector<RopeAttributes> ropes;  ///< distinct ones; each gets a table of angles
  };
  static std::uint64_t bytes(const Shape& shape);  ///< on the device, both slots included
  static Result<StepBuffers> create(const std::shared_ptr<const Device>& device, Shape shape);

  const Slice& records() const { return m_parts[0]; }
  const Slice& tiles() const { return m_parts[1]; }
  const Slice& pages() const { return m_parts[2]; }
  const Slice& tapWords() const { return m_parts[kTapPart]; }
  const Slice& angles(std::size_t rope) const { return m_parts[kFirstRope + rope]; }
  std::size_t ropeIndex(const RopeAttributes& attributes) const;
  /// The place of this grid's indirect arguments; the same for an equal grid. Fails when the table is full.
  Result<Slice> gridArguments(const Grid& grid);

  /// Writes a checked step to a slot; `tileTokens` is the longest run of tokens that attention takes
  /// together. `tapWords` are none, or all of them. Fails when its sequences have more pages than the buffers
  /// hold.
  Result<StepSizes> write(std::uint32_t slot, const Step& step, std::uint32_t tileTokens,
                          std::span<const std::uint32_t> tapWords = {});
  /// Records the copies of what was written last to the slot.
  void recordCopies(std::uint32_t slot, CommandBuffer& commands) const;
  /// Changes the first token of what was written last to the slot.
  void setToken(std::uint32_t slot, TokenId token) const;
  /// What was written last may not have reached the device.
  void forget() { m_tapsAreSet = true; }

 private:
  static constexpr std::size_t kGridPart = 3, kTapPart = 4, kFirstRope = 5;
  struct Part {
    std::uint64_t offset, bytes;
  };
  StepBuffers() = default;
  static std::vector<Part> layout(const Shape& shape, std::uint64_t alignment, std::uint64_t& total);
  template <class T>
  T* uploadPart(std::uint32_t slot, std::size_t part) const;
  Result<std::vector<std::uint32_t>> writePages(std::uint32_t slot, const Step& step);
  std::uint32_t writeTiles(std::uint32_t slot, const Step& step, std::span<const std::uint32_t> firstPage,
                           std::uint32_t tileTokens);
  void writeRecords(std::uint32_t slot, const Step& step, std::span<const std::uint32_t> firstPage,
                    std::uint32_t tiles);
  void writeAngles(std::uint32_t slot, const Step& step);
  void writeGrids(std::uint32_t slot, const StepSizes& sizes);
  void writeTapWords(std::uint32_t slot, std::span<const std::uint32_t> words);

  Shape m_shape;
  std::vector<Slice> m_parts;                    ///< on the device
  std::vector<Slice> m_upload[kSlots];           ///< the same parts in upload memory
  std::vector<std::uint64_t> m_written[kSlots];  ///< bytes of each part that the step uses
  std::vector<Grid> m_grids;
  bool m_tapsAreSet = true;  ///< tap words on the device may be other than 0
};

}  // namespace cutaway::gpu
