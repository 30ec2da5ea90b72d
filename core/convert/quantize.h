// Quantizing a model: what is asked for, the methods as a table, and rounding to a kind of GGUF file.
#pragma once

#include <functional>
#include <memory>

#include "core/base/thread_pool.h"
#include "core/convert/calibrated.h"
#include "core/convert/conversion.h"
#include "core/convert/importance_matrix.h"
#include "core/convert/mix.h"
#include "core/format/gguf.h"

namespace cutaway {

/// What to make of a model. Which of it counts is said by the method.
struct QuantizeRequest {
  std::string target;  ///< path
  const Mix* mix = nullptr;
  bool pure = false;
  std::shared_ptr<const ImportanceMatrix> importance = nullptr;  ///< or null
  GroupedOptions grouped = {};
  std::string text = {};  ///< that the model reads for calibration
  Unfinished unfinished = Unfinished::resume;
};

/// What a method may use, beyond the end of the conversion. A device is opened by those that read a text.
struct QuantizeMeans {
  ThreadPool& pool;
  std::function<Result<std::shared_ptr<Backend>>()> openBackend;
};

/// Parts of a request that a method looks at.
enum QuantizeChoice : unsigned {
  kMixChoice = 1,    ///< mix, pure and importance
  kGroupChoice = 2,  ///< form and scheme
  kTextChoice = 4,   ///< text, in chunks
  kGptqChoice = 8,   ///< the options of GPTQ
  kAwqChoice = 16,   ///< the options of AWQ
};

/// How weights become codes.
struct QuantizeMethod {
  const char* name;     ///< "rtn"
  const char* title;    ///< "Round to nearest"
  const char* summary;  ///< for people
  unsigned choices;     ///< QuantizeChoice
  TargetForm directory; ///< the layout of its directories, where nobody says
  /// What start() would make. Fails as it does, but for the disk, and writes nothing.
  Result<ConversionOutlook> (*foresee)(const ModelFile& source, const QuantizeRequest& request);
  /// Fails at once on what cannot be done: a target that is the source, a text that is too short, a disk that is too full.
  Result<std::unique_ptr<Conversion>> (*start)(ModelFile source, const QuantizeRequest& request, const QuantizeMeans& means);

  bool takes(QuantizeChoice choice) const { return (choices & choice) != 0; }
};
std::span<const QuantizeMethod> quantizeMethods();
const QuantizeMethod* findQuantizeMethod(std::string_view name);  ///< null when unknown
std::string quantizeMethodNames();                                ///< "rtn, groups, .."

/// What a GGUF file of a mix will be, before anything is written.
struct QuantizePlan : ConversionOutlook {
  Metadata metadata;
  std::vector<GgufEntry> tensors;     ///< in the source's order
  std::vector<std::string> notes;     ///< per tensor: the fallback, or empty
};
Result<QuantizePlan> planQuantizing(const ModelFile& source, const QuantizeRequest& request);

/// Every tensor by its format's encoder. Fails later on weights that are not finite.
Result<std::unique_ptr<Conversion>> startRounding(ModelFile source, const QuantizeRequest& request, ThreadPool& pool);

/// Rows of the table, each in its method's file.
namespace methods {
extern const QuantizeMethod kRounding, kGroups, kGptq, kAwq;
}

}  // namespace cutaway
