#include "core/inspect/why.h"

#include <cstdio>

#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::string word, against, out;
  bool json = false;
};

/// -1 where there is none.
Result<TokenId> tokenOf(const Model& model, const std::string& word, const char* option) {
  if (word.empty()) return -1;
  return parseToken(*model.description, option, word);
}

bool wantsHtml(const std::string& path) { return path.ends_with(".html") || path.ends_with(".htm"); }

Result<void> write(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return fail(ErrorKind::badInput, path, " cannot be written");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) return fail(ErrorKind::badInput, path, " could not be written whole; is the disk full?");
  return {};
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  const TokenId word = TRY(tokenOf(*model, options.word, "--word")), against = TRY(tokenOf(*model, options.against, "--against"));
  const auto why = TRY(Why::create(*model, tokens, word, against));
  const auto session = TRY(options.model.createSession(model, why->ownContext()));
  TRY(finish(*why, *session));
  const Report report = why->report();
  const std::string text = wantsHtml(options.out) ? toHtml(report) : toMarkdown(report);
  if (!options.out.empty()) TRY(write(options.out, text));
  if (options.json) {
    printJson({{"out", options.out},
               {"word", why->word()},
               {"against", why->against()},
               {"logprob", rounded(why->next().logProbability(why->word()), 5)},
               {"decided_at", streamRowName(why->lens().decidedAt(0))},
               {"device", model->backend->device().name}});
  } else if (options.out.empty()) {
    print(text);
  }
  return {};
}

}  // namespace

Run declareWhy(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command.add_option("--word", options->word, "The token that followed, by id or text (\" Nora\"); else the most likely one");
  command.add_option("--against", options->against, "A token it is compared with; else the most likely other one");
  command.add_option("--out", options->out, "Where to write: .html is a page, anything else Markdown; else to the terminal")->type_name("FILE");
  command.add_flag("--json", options->json, "One JSON object about the report");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
