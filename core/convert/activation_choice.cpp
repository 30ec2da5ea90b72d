#include "core/convert/activation_choice.h"

#include <algorithm>

#include "core/base/mapped_file.h"

namespace cutaway {
namespace {

constexpr std::string_view kInt8 = "int8", kEverything = ":all", kStatic = ":static=";

/// Whether the text began so; what is left is behind it.
bool take(std::string_view& text, std::string_view part) {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}

}  // namespace

Result<ActivationChoice> parseActivations(std::string_view text) {
  std::string_view rest = text;
  ActivationChoice choice;
  bool isGood = take(rest, kInt8);
  choice.everything = take(rest, kEverything);
  if (take(rest, kStatic)) {
    choice.scale = ActivationScale::fixed;
    choice.calibration = rest;
    isGood = isGood && !rest.empty();
  } else {
    isGood = isGood && rest.empty();
  }
  if (isGood) return choice;
  return fail(ErrorKind::usage, "\"", text,
              "\" is no way to round activations; expected int8 (one scale per token) or int8:static=FILE (one scale per value, "
              "from a calibration text), with :all behind int8 to round what the output matrix reads too");
}

std::string toString(const ActivationChoice& choice) {
  return concat(kInt8, choice.everything ? kEverything : "", choice.scale == ActivationScale::fixed ? concat(kStatic, choice.calibration) : "");
}

std::string describe(const ActivationChoice& choice) {
  return concat("INT8 activations, ",
                choice.scale == ActivationScale::fixed ? concat("static scales from ", choice.calibration) : "one scale per token",
                choice.everything ? ", input of the output matrix too" : "");
}

Result<std::shared_ptr<const ModelDescription>> simulateActivations(std::shared_ptr<const ModelDescription> model, const ActivationChoice& choice,
                                                                    const std::function<Result<std::shared_ptr<Backend>>()>& backend,
                                                                    const StudyProgress& progress) {
  ActivationRounding rounding{choice.scale, choice.everything, {}};
  if (choice.scale == ActivationScale::fixed) {
    const SharedBytes file = TRY(mapFile(choice.calibration));
    const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    std::vector<TokenId> tokens = model->tokenizer->encode(text, true, true);
    tokens.resize(std::min(tokens.size(), kCalibrationTokens));
    if (tokens.size() < 2)
      return fail(ErrorKind::badInput, choice.calibration, ": a calibration text of ", tokens.size(), " tokens; expected 2 at least, and better some thousand");
    rounding.ranges = TRY(measureRanges(model, TRY(backend()), std::move(tokens), choice.everything, progress));
  }
  ModelDescription marked = *model;
  marked.file.metadata.set("cutaway.activations", {MetaType::string, toString(choice)});
  return roundActivations(marked, std::move(rounding));
}

}  // namespace cutaway
