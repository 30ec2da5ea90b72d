// Where a model of grouped codes is written: a GGUF file, or a Hugging Face directory in the GPTQ or AWQ layout. Tensor by tensor, in
// an order that is known before; under a temporary name, and nothing is left without a commit.
#pragma once

#include <memory>

#include "core/base/atomic_file.h"
#include "core/convert/conversion.h"
#include "core/format/model_file.h"
#include "core/quant/packed_layout.h"

namespace cutaway {

enum class TargetForm : std::uint8_t { gguf, gptq, awq };
const char* targetFormName(TargetForm form);  ///< "gguf"

/// One tensor of the target.
struct TargetTensor {
  const TensorInfo* source = nullptr;
  bool isGrouped = false;
  bool isChanged = false;  ///< not grouped, and its weights are not the source's: kept in F32
  std::uint32_t groupSize = 0;  ///< of a grouped one; see GroupedScheme
  std::string note = {};        ///< why it is not in the groups asked for; or empty
};

/// What the directory's configuration says about how the codes were made.
struct TargetNotes {
  bool byImportance = false, staticGroups = false;
  double damping = 0.01;
};

class GroupedTarget {
 public:
  virtual ~GroupedTarget() = default;
  virtual ConversionOutlook outlook() const = 0;  ///< but for fallbacks
  /// The format a grouped matrix has in the target, for reports.
  virtual FormatId format() const = 0;
  /// The file that the tensors are written to, before it has its name.
  virtual std::string dataFile() const = 0;
  /// Makes the temporary file or directory, or goes on with one whose first `done` tensors are there. Fails where the disk is too full.
  virtual Result<void> open(std::size_t done) = 0;
  virtual AtomicFile& file() = 0;        ///< that is open
  virtual void keep(bool keeps) = 0;     ///< whether what is done stays without a commit
  /// The next tensor, in the order of creation: weights in F32, in GGUF's order of rows.
  virtual Result<void> writePlain(const TargetTensor& tensor, std::span<const float> weights) = 0;
  virtual Result<void> writeGrouped(const TargetTensor& tensor, const GroupedWeights& weights) = 0;
  virtual Result<void> commit() = 0;
  /// Weights of the tensor of this number as they are in the target: a grouped one, or one that is changed.
  virtual Result<std::vector<float>> read(std::size_t index) const = 0;
};

/// Writes nothing yet. Fails where the form cannot hold the scheme or a tensor's shape, and where the target exists already as a
/// directory. `tensors` live as long.
Result<std::unique_ptr<GroupedTarget>> createGroupedTarget(TargetForm form, const std::string& path, const ModelFile& source,
                                                           const GroupedScheme& scheme, const TargetNotes& notes,
                                                           const std::vector<TargetTensor>& tensors);

/// Says what in these choices does not go together, and what would; `scatteredGroups`: groups are no neighbours.
Result<void> checkCombination(TargetForm form, const GroupedScheme& scheme, bool scatteredGroups);

/// GGUF's type for the scheme, Q4_0, Q4_1 or Q8_0; the error says what would work.
Result<FormatId> ggufFormatFor(const GroupedScheme& scheme, bool scatteredGroups);

/// Each form in its own file.
Result<std::unique_ptr<GroupedTarget>> createGgufTarget(const std::string& path, const ModelFile& source, FormatId format,
                                                        const std::vector<TargetTensor>& tensors);
Result<std::unique_ptr<GroupedTarget>> createDirectoryTarget(PackedLayout layout, const std::string& path,
                                                             const ModelFile& source, const GroupedScheme& scheme,
                                                             const TargetNotes& notes, const std::vector<TargetTensor>& tensors);

}  // namespace cutaway
