#include "core/inspect/sweep.h"

#include <cmath>
#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::optional<std::string> token, against, positions, clean, cleanTokens;
  std::string part = "residual", change = "zero";
  Sweep::Question question;
  bool json = false;
};

template <class Info>
std::vector<std::string> namesOf(std::span<const Info> infos) {
  std::vector<std::string> names;
  for (const Info& info : infos) names.emplace_back(info.name);
  return names;
}

Json resultJson(const Sweep& found, const Model& model) {
  const Graph& graph = model.description->graph();
  Json rows = Json::array();
  for (std::size_t row = 0; row < found.values().size(); ++row) {
    const auto first = found.effects().begin() + static_cast<std::ptrdiff_t>(row * found.columns());
    rows.push_back({{"value", graph.values[found.values()[row]].name},
                    {"effects", std::vector<double>(first, first + found.columns())}});
  }
  const Sweep::Question& question = found.question();
  return {{"tokens", found.tokens()},
          {"clean_tokens", question.clean},
          {"part", sweepParts()[static_cast<std::size_t>(question.part)].name},
          {"change", sweepChanges()[static_cast<std::size_t>(question.change)].name},
          {"token", question.token},
          {"piece", model.description->tokenizer->piece(question.token, true)},
          {"against", question.against < 0 ? Json(nullptr) : Json(question.against)},
          {"base", found.base()},
          {"clean", found.clean()},
          {"first_column", found.firstColumn()},
          {"rows", rows}};
}

/// Effects in nats, rows from the last layer to the first as networks are drawn.
std::string resultText(const Sweep& found, const Model& model) {
  const Graph& graph = model.description->graph();
  const Tokenizer& tokenizer = *model.description->tokenizer;
  const auto number = [](const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return std::string(text);
  };
  std::vector<std::pair<std::string, std::string>> rows;
  for (std::size_t row = found.values().size(); row-- > 0;) {
    std::string line;
    for (std::uint32_t column = 0; column < found.columns(); ++column)
      line += number(" %7.2f", found.effects()[row * found.columns() + column]);
    rows.emplace_back(graph.values[found.values()[row]].name, std::move(line));
  }
  const bool heads = found.question().part == SweepPart::heads;
  std::string columns;
  for (std::uint32_t column = 0; column < found.columns(); ++column)
    columns += number(" %7.0f", static_cast<double>(found.firstColumn() + column));
  rows.emplace_back(heads ? "head" : "position", std::move(columns));
  const std::string watched =
      found.question().against < 0
          ? std::string("log-probability")
          : concat("lead over ", cli::quoted(tokenizer.piece(found.question().against, true)));
  std::string text = aligned(rows) + concat("change of the ", watched, " of ",
                                            cli::quoted(tokenizer.piece(found.question().token, true)), " from ",
                                            number("%.3f", found.base()));
  if (!std::isnan(found.clean())) text += concat("; ", number("%.3f", found.clean()), " in the clean text");
  return text + ", in nats\n";
}

/// The text to patch from, read as the prompt is.
Result<std::vector<TokenId>> readClean(const Options& options, const ModelDescription& model) {
  PromptOptions clean = options.prompt;
  clean.text = options.clean;
  clean.tokens = options.cleanTokens;
  clean.file.reset();
  clean.messages.reset();
  if (!clean.text && !clean.tokens) return std::vector<TokenId>{};
  return clean.read(model);
}

Result<void> run(Options options) {
  Sweep::Question& question = options.question;
  for (const SweepPartInfo& info : sweepParts())
    if (info.name == options.part) question.part = info.part;
  for (const SweepChangeInfo& info : sweepChanges())
    if (info.name == options.change) question.change = info.change;
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*description));
  question.clean = TRY(readClean(options, *description));
  if ((question.change == SweepChange::patch) == question.clean.empty())
    return fail(ErrorKind::usage, "--change patch and --clean TEXT go together: the text to patch from");
  if (options.token) question.token = TRY(parseToken(*description, "--token", *options.token));
  if (options.against) question.against = TRY(parseToken(*description, "--against", *options.against));
  const auto size = static_cast<std::uint32_t>(tokens.size());
  if (options.positions) {
    const Indices chosen = TRY(parseIndices(*options.positions, {size, size, "token", "the text"}));
    if (chosen.ranges.size() != 1)
      return fail(ErrorKind::usage, "--positions: expected one range such as 4:12, found \"",
                  *options.positions, "\"");
    question.tokens = chosen.ranges.front();
  }
  const auto model = TRY(options.model.load(description));
  const auto sweep = TRY(Sweep::create(*model, tokens, question));
  const auto session = TRY(options.model.createSession(model, sweep->ownContext()));
  TRY(finish(*sweep, *session));
  if (options.json) {
    printJson(resultJson(*sweep, *model));
  } else {
    print(resultText(*sweep, *model));
  }
  return {};
}

}  // namespace

Run declareSweep(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command.add_option("--part", options->part, "What is edited, one by one")
      ->check(CLI::IsMember(namesOf(sweepParts())))
      ->capture_default_str();
  command.add_option("--change", options->change, "What is done to it: set to zero, to its mean, or patched")
      ->check(CLI::IsMember(namesOf(sweepChanges())))
      ->capture_default_str();
  command.add_option("--clean", options->clean, "The text to patch from, of as many tokens");
  command.add_option("--clean-tokens", options->cleanTokens, "The same as token ids: 1,2,3");
  command.add_option("--token", options->token,
                     "The token that is watched, an id or its text (default: the likeliest)");
  command.add_option("--against", options->against,
                     "Watch its lead over this token instead of its log-probability");
  command.add_option("--positions", options->positions, "Tokens whose values are edited: 4:12")
      ->type_name("FIRST:END");
  command.add_flag("!--one-by-one", options->question.batched,
                   "Read one edited text per step, to compare speeds");
  command.add_flag("--json", options->json, "One JSON object with every effect");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
