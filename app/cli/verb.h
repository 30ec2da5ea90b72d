// A verb of cutaway-cli: one file and one line of the table in verbs.cpp.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>

#include "core/base/result.h"

namespace cutaway::cli {

using Run = std::function<Result<void>()>;

struct Verb {
  const char* name;
  const char* summary;
  Run (*declare)(CLI::App& command);  ///< declares the options, returns what runs once they are parsed
};

std::span<const Verb> verbs();

Run declareDevices(CLI::App& command);
Run declareInfo(CLI::App& command);
Run declareGraph(CLI::App& command);
Run declareTokenize(CLI::App& command);
Run declareTemplate(CLI::App& command);
Run declareGenerate(CLI::App& command);
Run declareChat(CLI::App& command);
Run declareScore(CLI::App& command);
Run declareInspect(CLI::App& command);
Run declareStates(CLI::App& command);
Run declareAttention(CLI::App& command);
Run declareTensor(CLI::App& command);
Run declareAttribute(CLI::App& command);
Run declareNext(CLI::App& command);
Run declareLens(CLI::App& command);
Run declareHeads(CLI::App& command);
Run declareImportance(CLI::App& command);
Run declareSweep(CLI::App& command);
Run declareIntervene(CLI::App& command);
Run declareNeurons(CLI::App& command);
Run declareProbe(CLI::App& command);
Run declareWhy(CLI::App& command);
Run declareBench(CLI::App& command);
Run declarePerplexity(CLI::App& command);
Run declareActivations(CLI::App& command);
Run declareCompare(CLI::App& command);
Run declareTable(CLI::App& command);
Run declareDrift(CLI::App& command);
Run declareRestore(CLI::App& command);
Run declareQuantize(CLI::App& command);
Run declareImatrix(CLI::App& command);
Run declareScreenshots(CLI::App& command);

}  // namespace cutaway::cli
