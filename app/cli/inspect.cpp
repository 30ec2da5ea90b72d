#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/inspect/capture_file.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  CaptureOptions capture;
  EditOptions edits;
  std::vector<std::string> selections;
  std::string type = "f32", out;
  bool json = false;
};

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += concat(text.empty() ? "" : separator, part);
  return text;
}

Json resultJson(const Options& options, const CaptureRecord& record, bool ended, const Model& model) {
  Json list = Json::array();
  std::uint64_t bytes = 0, overflowed = 0;
  for (const CapturedValue& value : record.values) {
    list.push_back({{"name", value.name}, {"shape", value.shape}, {"dtype", arrayTypeName(value.type)}});
    bytes += value.bytes.size();
    overflowed += value.overflowed;
  }
  return {{"out", options.out},
          {"tokens", record.tokens},
          {"prompt_tokens", record.promptTokens},
          {"stop", ended ? "eos" : "length"},
          {"values", list},
          {"bytes", bytes},
          {"overflowed", overflowed},
          {"device", model.backend->device().name}};
}

std::string resultText(const Json& result) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Json& value : result["values"])
    rows.emplace_back(value["name"].get<std::string>(),
                      concat(value["dtype"].get<std::string>(), " ", value["shape"].dump()));
  std::string text = aligned(rows);
  text += concat(result["tokens"].size(), " tokens, ", result["prompt_tokens"], " of them the prompt; ",
                 formatBytes(result["bytes"]), " in ", result["out"].get<std::string>(), "\n");
  if (result["overflowed"] > 0)
    text += concat(result["overflowed"], " numbers are too large for F16 and were stored as infinite\n");
  return text;
}

Result<void> run(Options options) {
  options.capture.type = options.type == "f16" ? ArrayType::f16 : ArrayType::f32;
  const auto description = TRY(options.model.describe());
  const std::vector<TokenId> prompt = TRY(options.prompt.read(*description));
  const auto promptTokens = static_cast<std::uint32_t>(prompt.size());
  const SequenceSize sequence{promptTokens, promptTokens + options.capture.maxTokens};
  const Graph& graph = description->graph();
  const auto selections = TRY(parseSelections(graph, joined(options.selections, ","), sequence));
  auto edits = TRY(options.edits.parse(graph, sequence));
  const auto model = TRY(options.model.load(description));
  const auto session = TRY(options.model.createSession(model, sequence.most));
  TRY(session->setEdits(std::move(edits)));
  CaptureRun capture = TRY(CaptureRun::create(*session, prompt, selections, options.capture));
  while (TRY(capture.step())) {
  }
  const CaptureRecord record{capture.tokens(),
                             capture.promptTokens(),
                             capture.take(),
                             {{"kv", options.model.cacheFormat},
                              {"capture", joined(options.selections, ",")},
                              {"edits", joined(options.edits.texts, " ")}}};
  TRY(writeCapture(options.out, *model, record));
  const Json result = resultJson(options, record, capture.ended(), *model);
  if (options.json) {
    printJson(result);
  } else {
    print(resultText(result));
  }
  return {};
}

}  // namespace

Run declareInspect(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--prompt", true, true);
  command
      .add_option("--capture", options->selections,
                  "Values: blk.*.attn.pattern or blk.3.attn.z[head=2,3;token=0:16]")
      ->type_name("SELECTION,..")
      ->allow_extra_args(false)
      ->required();
  options->edits.declare(command);
  command
      .add_option("--max-tokens", options->capture.maxTokens,
                  "Tokens to generate and capture after the prompt")
      ->capture_default_str();
  command.add_flag("--ignore-eos", options->capture.ignoreEnd, "Go on past end tokens");
  command.add_option("--dtype", options->type, "Format of the captured numbers")
      ->check(CLI::IsMember({"f32", "f16"}))
      ->capture_default_str();
  command.add_option("--out", options->out, "Where to write")->type_name("FILE.safetensors")->required();
  command.add_flag("--json", options->json, "One JSON object about what was written");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
