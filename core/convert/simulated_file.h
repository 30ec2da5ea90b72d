// A model whose weights are what is left of them in few bits, without a file: for trying a precision on load.
#pragma once

#include <functional>

#include "core/format/model_file.h"
#include "core/quant/scheme.h"

namespace cutaway {

/// What is simulated: the matrices of the layers, or also embedding and output, which papers leave as they are.
struct Simulation {
  Scheme scheme;
  bool everything = false;
  bool operator==(const Simulation&) const = default;
};

/// A scheme's text, with ":all" at its end for everything.
Result<Simulation> parseSimulation(std::string_view text);
std::string toString(const Simulation& simulation);
std::string describe(const Simulation& simulation);  ///< for people

/// The same model with the matrices concerned stored by the scheme and read back. Nothing else is lost: a scheme that is a
/// number format is kept in that format (or its fallback), every other one in F32, in memory that the result owns. The
/// metadata says what was done: "cutaway.simulated", its text; "cutaway.simulated.bits_per_weight" and
/// "cutaway.simulated.snr_db", both over the matrices concerned. `progress` is called with bytes done and in all, and stops
/// the work by false.
Result<ModelFile> simulatedFile(const ModelFile& file, const Simulation& simulation, ThreadPool& pool,
                                const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress = {});

}  // namespace cutaway
