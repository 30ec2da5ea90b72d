#include <cmath>
#include <cstdio>

#include "app/cli/model_pair.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/inspect/precision_lens.h"

namespace cutaway::cli {
namespace {

struct Options {
  PairOptions pair;
  PromptOptions prompt;
  bool noAttention = false, noLens = false, json = false;
};

double mean(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// (rows, tokens) as an array of arrays.
Json mapJson(std::span<const float> values, std::size_t tokens) {
  Json rows = Json::array();
  for (std::size_t at = 0; at < values.size(); at += tokens) {
    Json row = Json::array();
    for (const float value : values.subspan(at, tokens)) row.push_back(value);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json driftJson(const PrecisionLens& lens) {
  const std::size_t tokens = lens.tokens().size();
  Json rows = Json::array(), heads = Json::array();
  for (std::uint32_t row = 0; row < lens.streamRows(); ++row) rows.push_back(lens.streamRowName(row));
  Json json = {{"tokens", lens.tokens()},
               {"rows", rows},
               {"relative_error", mapJson(lens.relativeErrors(), tokens)},
               {"cosine", mapJson(lens.cosines(), tokens)}};
  if (!lens.attentionShifts().empty()) {
    const std::size_t layer = lens.heads() * tokens;
    for (std::uint32_t i = 0; i < lens.layers(); ++i)
      heads.push_back(mapJson(lens.attentionShifts().subspan(i * layer, layer), tokens));
    json["attention_shift"] = heads;
  }
  if (!lens.lensDivergences().empty()) json["lens_kl"] = mapJson(lens.lensDivergences(), tokens);
  return json;
}

std::string driftText(const PrecisionLens& lens) {
  const std::size_t tokens = lens.tokens().size();
  const auto row = [tokens](std::span<const float> map, std::size_t index) { return mean(map.subspan(index * tokens, tokens)); };
  std::string text = "layer   rel. error mid       post   cosine mid       post    attention (worst head)      lens KL\n";
  const auto add = [&text](const char* format, auto... values) {
    char part[96];
    std::snprintf(part, sizeof part, format, values...);
    text += part;
  };
  for (std::uint32_t i = 0; i <= lens.layers(); ++i) {
    if (i == 0)
      add("%-6s %28.6f %22.6f", "embed", row(lens.relativeErrors(), 0), row(lens.cosines(), 0));
    else
      add("%5u  %17.6f %10.6f %12.6f %10.6f", i - 1, row(lens.relativeErrors(), 2 * i - 1), row(lens.relativeErrors(), 2 * i),
          row(lens.cosines(), 2 * i - 1), row(lens.cosines(), 2 * i));
    if (i > 0 && !lens.attentionShifts().empty()) {
      std::uint32_t worst = 0;
      double sum = 0;
      for (std::uint32_t head = 0; head < lens.heads(); ++head) {
        sum += lens.meanShift(i - 1, head);
        if (lens.meanShift(i - 1, head) > lens.meanShift(i - 1, worst)) worst = head;
      }
      add("   %9.5f (%u: %.5f)", sum / lens.heads(), worst, double{lens.meanShift(i - 1, worst)});
    } else {
      text += std::string(24, ' ');
    }
    if (!lens.lensDivergences().empty()) add(" %12.6f", row(lens.lensDivergences(), i));
    text += "\n";
  }
  return text + concat("means over ", tokens, " tokens. rel. error: |a - b| / |a| of the residual stream behind attention (mid) and layer "
                       "(post);\nattention: total variation of a token's weights, mean over the heads, and the head that changed "
                       "most; lens KL: nats, of what would be said there\n");
}

Result<void> run(const Options& options) {
  LoadedPair pair = TRY(options.pair.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*pair.a->description));
  const auto a = TRY(pair.session(pair.a, static_cast<std::uint32_t>(tokens.size())));
  const auto b = TRY(pair.session(pair.b, static_cast<std::uint32_t>(tokens.size())));
  const auto lens = TRY(PrecisionLens::create(*pair.a, *pair.b, tokens,
                                              {.attention = !options.noAttention, .logits = !options.noLens}));
  while (TRY(lens->step(*a, *b))) {
  }
  if (options.json)
    printJson(driftJson(*lens));
  else
    print(driftText(*lens));
  return {};
}

}  // namespace

Run declareDrift(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->pair.declare(command, "f32");
  options->prompt.declare(command, "--text", true, true);
  command.add_flag("--no-attention", options->noAttention, "Not the heads");
  command.add_flag("--no-lens", options->noLens, "Not the logit lens, which takes longest");
  command.add_flag("--json", options->json, "One JSON object: every row and token, every head");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
