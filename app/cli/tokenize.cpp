#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"

namespace cutaway::cli {

Run declareTokenize(CLI::App& command) {
  auto options = std::make_shared<ModelOptions>();
  auto prompt = std::make_shared<PromptOptions>();
  options->declareModel(command);
  prompt->declare(command, "--text", true, true);
  command.add_flag("--json")->description("One JSON object, which is always what is printed");
  return [=]() -> Result<void> {
    const auto model = TRY(options->describe());
    const std::vector<TokenId> tokens = TRY(prompt->read(*model));
    Json pieces = Json::array();
    for (const TokenId token : tokens) pieces.push_back(model->tokenizer->piece(token, true));
    printJson({{"tokens", tokens}, {"pieces", pieces}});
    return {};
  };
}

}  // namespace cutaway::cli
