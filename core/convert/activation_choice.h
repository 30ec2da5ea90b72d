// INT8 activations as a choice of how a model is run: from a text on the command line or in the window to the model.
#pragma once

#include "core/convert/int8_activations.h"

namespace cutaway {

struct ActivationChoice {
  ActivationScale scale = ActivationScale::dynamic;
  bool everything = false;
  std::string calibration;  ///< path of the text that static scales are taken from
};

/// "int8", one scale per token; "int8:static=FILE", one per value, from a text; "int8:all" and "int8:all:static=FILE" round what
/// the output matrix reads as well.
Result<ActivationChoice> parseActivations(std::string_view text);
std::string toString(const ActivationChoice& choice);
std::string describe(const ActivationChoice& choice);  ///< for people

/// The model run so. Static scales are taken from the first kCalibrationTokens tokens of the text, read on the backend; it is
/// asked for only then. The metadata says what was done: "cutaway.activations", the text of the choice.
inline constexpr std::size_t kCalibrationTokens = 4096;
Result<std::shared_ptr<const ModelDescription>> simulateActivations(std::shared_ptr<const ModelDescription> model, const ActivationChoice& choice,
                                                                    const std::function<Result<std::shared_ptr<Backend>>()>& backend,
                                                                    const StudyProgress& progress = {});

}  // namespace cutaway
