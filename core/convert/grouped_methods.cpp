// Methods whose codes have a scale per group: rounding, GPTQ and AWQ, as rows of the table.
#include <algorithm>

#include "core/convert/quantize.h"

namespace cutaway {
namespace {

/// Of a text of any length only what will be read is encoded, and a little more, since its end may be cut in a word.
std::vector<TokenId> encodeStart(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens) {
  constexpr std::size_t kBytesPerToken = 16, kSpare = 64;
  std::string_view start = text.substr(0, (tokens + kSpare) * kBytesPerToken);
  while (start.size() < text.size() && !start.empty() && (static_cast<unsigned char>(text[start.size()]) & 0xC0) == 0x80) start.remove_suffix(1);
  std::vector<TokenId> encoded = tokenizer.encode(start, true, true);
  return start.size() == text.size() || encoded.size() >= tokens + kSpare ? encoded : tokenizer.encode(text, true, true);
}

Result<CalibratedRequest> requestFor(GroupedMethod method, const ModelDescription& model, const QuantizeRequest& asked) {
  CalibratedRequest request;
  static_cast<GroupedOptions&>(request) = asked.grouped;
  request.target = asked.target;
  request.method = method;
  request.unfinished = asked.unfinished;
  if (method != GroupedMethod::gptq) request.gptq.byImportance = false;
  if (method == GroupedMethod::rtn) {
    request.gptq.searchedRange = false;
    return request;
  }
  TRY(checkCombination(request.form, request.scheme, request.scattersGroups()));  // before anybody looks for a text
  if (asked.text.empty()) return fail(ErrorKind::usage, groupedMethodName(method), " needs a text that the model reads for calibration, of some ten thousand tokens");
  if (request.mostChunks == 0)
    request.text = model.tokenizer->encode(asked.text, true, true);
  else
    request.text = encodeStart(*model.tokenizer, asked.text, std::size_t{request.mostChunks} * request.chunkTokens);
  return request;
}

template <GroupedMethod kMethod>
Result<ConversionOutlook> foresee(const ModelFile& source, const QuantizeRequest& request) {
  const auto model = TRY(describeModel(source));
  return foreseeCalibrated(*model, TRY(requestFor(kMethod, *model, request)));
}

template <GroupedMethod kMethod>
Result<std::unique_ptr<Conversion>> start(ModelFile source, const QuantizeRequest& request, const QuantizeMeans& means) {
  auto model = TRY(describeModel(std::move(source)));
  const CalibratedRequest calibrated = TRY(requestFor(kMethod, *model, request));
  std::shared_ptr<Backend> backend;
  if (kMethod != GroupedMethod::rtn) backend = TRY(means.openBackend());
  return startCalibrated(std::move(model), std::move(backend), calibrated, means.pool);
}

}  // namespace

const QuantizeMethod methods::kGroups = {"groups", "Round to nearest, in groups", "each weight by itself, with a scale per group of its row", kGroupChoice,
                                         TargetForm::gptq, foresee<GroupedMethod::rtn>, start<GroupedMethod::rtn>};
const QuantizeMethod methods::kGptq = {"gptq", "GPTQ", "column by column, the columns behind making up for each error on a text", kGroupChoice | kTextChoice | kGptqChoice,
                                       TargetForm::gptq, foresee<GroupedMethod::gptq>, start<GroupedMethod::gptq>};
const QuantizeMethod methods::kAwq = {"awq", "AWQ", "weights that large activations meet are scaled up before they are rounded", kGroupChoice | kTextChoice | kAwqChoice,
                                      TargetForm::awq, foresee<GroupedMethod::awq>, start<GroupedMethod::awq>};

}  // namespace cutaway
