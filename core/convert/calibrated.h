// GPTQ and AWQ of a whole model: layer by layer the engine reads the calibration text, the layer's matrices become codes, and the next
// layer sees what the quantized ones before it make of the text.
#pragma once

#include "core/convert/conversion.h"
#include "core/convert/grouped_target.h"
#include "core/quant/awq.h"
#include "core/quant/gptq.h"
#include "core/run/model.h"

namespace cutaway {

enum class GroupedMethod : std::uint8_t { rtn, gptq, awq };
const char* groupedMethodName(GroupedMethod method);  ///< "gptq"

/// How weights become codes with a scale per group, and what is made of them.
struct GroupedOptions {
  TargetForm form = TargetForm::gguf;
  GroupedScheme scheme = {};
  GptqOptions gptq = {};
  AwqOptions awq = {};
  bool clips = true;  ///< of AWQ: outliers of a group are cut off where that helps
  std::uint32_t chunkTokens = 512, mostChunks = 128;  ///< of the calibration text; 0 chunks: all of it

  bool scattersGroups() const { return gptq.byImportance && !gptq.staticGroups && scheme.groupSize != 0; }
};

struct CalibratedRequest : GroupedOptions {
  std::string target;  ///< a GGUF file or a directory
  GroupedMethod method = GroupedMethod::gptq;
  /// What the model reads; chunks begin with the beginning-of-text token where the model asks for one.
  std::vector<TokenId> text;
  Unfinished unfinished = Unfinished::resume;

  static constexpr std::size_t kLeastTokens = 256;
};

/// What startCalibrated() would make. Fails as it does, but for the disk, and writes nothing.
Result<ConversionOutlook> foreseeCalibrated(const ModelDescription& model, const CalibratedRequest& request);

/// Steps of one chunk of text or one matrix; in memory are one layer's weights, its statistics and the text's residual stream. Fails
/// at once on a text that is too short, a scheme that the target cannot hold, and in directories on columns that are no whole groups; in
/// GGUF files such a matrix gets smaller groups, or stays as it is. `pool` and the backend (of rtn: null) are the conversion's until its end.
Result<std::unique_ptr<Conversion>> startCalibrated(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                                    const CalibratedRequest& request, ThreadPool& pool);

}  // namespace cutaway
