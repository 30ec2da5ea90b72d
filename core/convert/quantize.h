// Quantizing a model to a GGUF file: the plan, the methods as a table, and rounding to nearest.
#pragma once

#include <memory>

#include "core/base/thread_pool.h"
#include "core/convert/conversion.h"
#include "core/convert/importance_matrix.h"
#include "core/convert/mix.h"
#include "core/format/gguf.h"

namespace cutaway {

struct QuantizeRequest {
  std::string target;  ///< path
  const Mix* mix = nullptr;
  bool pure = false;
  std::shared_ptr<const ImportanceMatrix> importance;  ///< or null
};

/// What a file of this kind will be, before anything is written.
struct QuantizePlan {
  Metadata metadata;
  std::vector<GgufEntry> tensors;     ///< in the source's order
  std::vector<std::string> notes;     ///< per tensor: the fallback, or empty
  std::uint64_t bytes = 0;            ///< of the file
  double bitsPerWeight = 0;           ///< of all tensors
  std::uint64_t fallbacks = 0;        ///< tensors that are not in the format asked for
};
Result<QuantizePlan> planQuantizing(const ModelFile& source, const QuantizeRequest& request);

/// How weights become codes. `pool` lives longer than the conversion.
struct QuantizeMethod {
  const char* name;     ///< "rtn"
  const char* title;    ///< "Round to nearest"
  const char* summary;  ///< for people
  Result<std::unique_ptr<Conversion>> (*start)(ModelFile source, const QuantizeRequest& request, ThreadPool& pool);
};
std::span<const QuantizeMethod> quantizeMethods();
const QuantizeMethod* findQuantizeMethod(std::string_view name);  ///< null when unknown

/// Every tensor by its format's encoder. Fails at once when the target is the source or its disk is too full, and later on
/// weights that are not finite.
Result<std::unique_ptr<Conversion>> startRounding(ModelFile source, const QuantizeRequest& request, ThreadPool& pool);

}  // namespace cutaway
