#include "core/eval/restore.h"

#include <chrono>
#include <cstdio>

#include "app/cli/interrupt.h"
#include "app/cli/model_pair.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

constexpr double kMiB = 1 << 20;

struct Options {
  PairOptions pair;
  PromptOptions prompt;
  std::uint32_t limit = 512, window = 256;
  std::vector<std::string> parts;
  std::vector<double> budgets;
  std::string out;
  bool rank = false, json = false;
};

/// Steps anything to its end, unless Ctrl+C comes between.
template <class Step>
Result<void> finish(const InterruptGuard& guard, Step&& step) {
  while (TRY(step()))
    if (guard.interrupted()) return fail(ErrorKind::cancelled, "stopped; nothing was written");
  return {};
}

Json partJson(const RestoredPart& restored) {
  return {{"name", restored.part.name},
          {"mib", static_cast<double>(restored.part.bytes) / kMiB},
          {"kld", restored.kl},
          {"gain", restored.gain},
          {"gain_per_mib", restored.gainPerMib()}};
}

std::string partsText(const char* title, std::span<const RestoredPart> parts) {
  std::string text = concat("\n", title, ", restored alone\n        KL       gain    MiB   gain/MiB\n");
  for (const RestoredPart& restored : parts) {
    char line[96];
    std::snprintf(line, sizeof line, "%10.6f %10.6f %6.2f %10.6f  ", restored.kl, restored.gain,
                  static_cast<double>(restored.part.bytes) / kMiB, restored.gainPerMib());
    text += concat(line, restored.part.name, "\n");
  }
  return text;
}

Result<void> rank(MixMeter& meter, const InterruptGuard& guard, bool json) {
  const PrecisionPair& pair = meter.pair();
  const std::pair<const char*, std::vector<RestorePart>> kinds[] = {
      {"classes", pair.classes()}, {"layers", pair.layers()}, {"tensors", pair.tensors()}};
  Json object = {{"places", meter.placesOfB().size()}};
  std::string text;
  for (const auto& [name, parts] : kinds) {
    RestoreRanking ranking(meter, parts);
    TRY(finish(guard, [&] { return ranking.step(); }));
    Json list = Json::array();
    for (const RestoredPart& restored : ranking.ranked()) list.push_back(partJson(restored));
    object["kld"] = ranking.klOfB();
    object[name] = list;
    text += partsText(name, ranking.ranked());
  }
  if (json)
    printJson(object);
  else
    print(concat("mean KL of B: ", object["kld"].get<double>(), " nats over ", meter.placesOfB().size(), " places\n", text));
  return {};
}

Result<void> restoreParts(MixMeter& meter, const Options& options, const InterruptGuard& guard) {
  const PrecisionPair& pair = meter.pair();
  Mix mix = pair.allB();
  for (const std::string& name : options.parts)
    for (const WeightId weight : TRY(pair.part(name)).weights) mix[weight] = true;
  const auto begin = std::chrono::steady_clock::now();
  TRY(meter.begin(mix, true));
  TRY(finish(guard, [&] { return meter.step(); }));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const DivergenceStatistics before = statisticsOf(meter.placesOfB()), after = statisticsOf(meter.places());
  if (!options.out.empty()) TRY(writeMix(pair, mix, options.out));
  if (options.json) {
    printJson({{"kld_before", before.meanKl.value},
               {"kld", after.meanKl.value},
               {"kld_stderr", after.meanKl.error},
               {"same_top", after.sameTop.value},
               {"ppl_ratio", after.ratio.value},
               {"bytes", pair.fileBytes(mix)},
               {"first_layer", meter.firstLayer()},
               {"places", after.places},
               {"seconds", took.count()}});
    return {};
  }
  print(aligned({{"mean KL of B", concat(before.meanKl.value, " nats")},
                 {"restored", concat(after.meanKl.value, " nats, ", formatBytes(pair.fileBytes(mix)), " instead of ",
                                     formatBytes(pair.fileBytes(pair.allB())))},
                 {"same most likely token", concat(100 * after.sameTop.value, " %, before ", 100 * before.sameTop.value, " %")},
                 {"measured", concat("in ", rounded(took.count(), 3), " s, from ",
                                     meter.firstLayer() < 0 ? "the embedding" : concat("layer ", meter.firstLayer()),
                                     " on, over ", after.places, " places")}}));
  return {};
}

Json proposalJson(const PrecisionPair& pair, const MixProposal& proposal) {
  Json restored = Json::array();
  for (const RestorePart& tensor : pair.tensors())
    if (proposal.mix[tensor.weights.front()]) restored.push_back(tensor.name);
  return {{"bytes", proposal.bytes},
          {"mib", static_cast<double>(proposal.bytes) / kMiB},
          {"kld_predicted", proposal.predictedKl},
          {"kld_measured", proposal.measured->meanKl.value},
          {"same_top", proposal.measured->sameTop.value},
          {"restored", restored}};
}

std::string proposalText(const PrecisionPair& pair, const MixProposal& proposal) {
  std::size_t count = 0;
  std::string names;
  for (const RestorePart& tensor : pair.tensors())
    if (proposal.mix[tensor.weights.front()]) names += concat(count++ % 4 == 0 ? "\n  " : ", ", tensor.name);
  return concat("\n", formatBytes(proposal.bytes), ": mean KL predicted ", proposal.predictedKl, ", measured ",
                proposal.measured->meanKl.value, " +/- ", proposal.measured->meanKl.error, "; ", count, " of ",
                pair.tensors().size(), " tensors from A", names, "\n");
}

Result<void> solve(MixMeter& meter, const Options& options, const InterruptGuard& guard) {
  const PrecisionPair& pair = meter.pair();
  for (const double budget : options.budgets)  // before the long work
    if (budget * kMiB < static_cast<double>(pair.fileBytes(pair.allB())))
      return fail(ErrorKind::badInput, "a budget of ", budget, " MiB is less than what ",
                  pair.b()->description->file.source.name, " takes, ", formatBytes(pair.fileBytes(pair.allB())));
  RestoreSolver solver(meter);
  TRY(finish(guard, [&] { return solver.step(); }));
  Json proposals = Json::array();
  std::string text;
  for (const double budget : options.budgets) {
    MixProposal proposal = TRY(solver.propose(static_cast<std::uint64_t>(budget * kMiB)));
    TRY(solver.measure(proposal));
    if (!options.out.empty()) TRY(writeMix(pair, proposal.mix, options.out));
    proposals.push_back(proposalJson(pair, proposal));
    text += proposalText(pair, proposal);
  }
  if (options.json)
    printJson({{"kld", solver.klOfB()},
               {"bytes_a", pair.fileBytes(pair.allA())},
               {"bytes_b", pair.fileBytes(pair.allB())},
               {"places", meter.placesOfB().size()},
               {"proposals", proposals}});
  else
    print(concat("mean KL of B: ", solver.klOfB(), " nats, ", formatBytes(pair.fileBytes(pair.allB())), "; A takes ",
                 formatBytes(pair.fileBytes(pair.allA())), "\n", text,
                 options.out.empty() ? std::string() : concat("written to ", options.out, "\n")));
  return {};
}

Result<void> run(const Options& options) {
  if (!options.out.empty() && options.parts.empty() && options.budgets.size() != 1)
    return fail(ErrorKind::usage, "--out writes the mix of one --budget, or of --part");
  const LoadedPair loaded = TRY(options.pair.load());
  const auto pair = TRY(PrecisionPair::create(loaded.a, loaded.b));
  std::vector<TokenId> tokens = TRY(options.prompt.read(*loaded.a->description));
  if (tokens.size() > options.limit) tokens.resize(options.limit);
  const auto meter = TRY(MixMeter::create(
      pair, std::move(tokens),
      {.context = std::min(options.window, loaded.options.context), .cacheFormat = loaded.options.cacheFormat}));
  const InterruptGuard guard;
  TRY(finish(guard, [&] { return meter->prepare(); }));
  if (!options.budgets.empty()) return solve(*meter, options, guard);
  if (!options.parts.empty()) return restoreParts(*meter, options, guard);
  return rank(*meter, guard, options.json);
}

}  // namespace

Run declareRestore(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->pair.declare(command, "f32");
  options->prompt.declare(command, "--text", true, false);
  command.add_option("--limit", options->limit, "Tokens of the text that are used")->capture_default_str();
  command.add_option("--window", options->window, "Tokens of a window")->check(CLI::Range(2, 1 << 20))->capture_default_str();
  auto* rank = command.add_flag("--rank", options->rank, "Restore every class, layer and tensor alone, the most KL per MiB first (default)");
  auto* parts = command
                    .add_option("--part", options->parts,
                                "Restore these: a tensor (blk.3.ffn_down), a layer (3), a class (query, key, value, output, "
                                "gate, up, down, embedding, head)")
                    ->type_name("NAME");
  auto* budgets = command.add_option("--budget", options->budgets, "The best mix of so many MiB, predicted and measured")
                      ->type_name("MIB");
  parts->excludes(budgets)->excludes(rank);
  budgets->excludes(rank);
  command.add_option("--out", options->out, "Write the mix as a GGUF file")->type_name("FILE.gguf");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
