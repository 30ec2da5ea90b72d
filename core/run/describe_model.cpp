#include "core/run/model.h"

namespace cutaway {
namespace {

std::string modelName(const ModelFile& file) {
  auto name = file.metadata.stringOr("general.name", "");
  if (name && !name->empty()) return std::move(*name);
  const std::string& path = file.source.name;
  return path.substr(path.find_last_of('/') + 1);
}

}  // namespace

Result<std::shared_ptr<const ModelDescription>> describeModel(ModelFile file) {
  auto model = std::make_shared<ModelDescription>();
  model->architecture = TRY(readArchitecture(file));
  model->tokenizer = TRY(Tokenizer::create(file.metadata));
  if (model->tokenizer->size() > model->config().vocabulary)
    return fail(ErrorKind::badInput, file.source.name, ": the tokenizer has ", model->tokenizer->size(),
                " tokens, but the embedding has only ", model->config().vocabulary, " rows");
  model->name = modelName(file);
  model->templateText = TRY(file.metadata.stringOr("tokenizer.chat_template", ""));
  model->file = std::move(file);
  return std::shared_ptr<const ModelDescription>(std::move(model));
}

Result<std::shared_ptr<const ModelDescription>> roundActivations(const ModelDescription& model, ActivationRounding rounding) {
  if (model.activations.scale != ActivationScale::none)
    return fail(ErrorKind::usage, "the activations of ", model.name, " are rounded already");
  auto made = std::make_shared<ModelDescription>(model);
  made->architecture.graph = TRY(roundInputs(model.graph(), rounding));
  made->activations = std::move(rounding);
  return std::shared_ptr<const ModelDescription>(std::move(made));
}

}  // namespace cutaway
