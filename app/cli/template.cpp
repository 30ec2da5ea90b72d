#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/text/chat_template.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  std::string templateFile, messages, now;
};

Result<std::vector<PromptSegment>> render(const Options& options) {
  if (!options.templateFile.empty()) {
    const ChatTemplate parsed = TRY(ChatTemplate::parse(TRY(readTextFile(options.templateFile))));
    return parsed.render(TRY(readJsonFile(options.messages)), {.now = options.now, .limits = {}});
  }
  return renderMessages(*TRY(options.model.describe()), options.messages, false, options.now);
}

}  // namespace

Run declareTemplate(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declareModel(command);
  command.add_option("--template", options->templateFile, "A Jinja file instead of the model's template")
      ->type_name("FILE.jinja");
  command.add_option("--messages", options->messages,
                     "{\"messages\":[..], and whatever else the template reads: \"tools\", \"add_generation_prompt\", ..}")
      ->type_name("FILE.json")
      ->required();
  command.add_option("--now", options->now, "The template's clock, ISO 8601");
  command.add_flag("--json")->description("One JSON object, which is always what is printed");
  return [=]() -> Result<void> {
    printJson({{"prompt", joinSegments(TRY(render(*options)))}});
    return {};
  };
}

}  // namespace cutaway::cli
