#include "app/cli/sampling.h"

namespace cutaway::cli {

void SamplingOptions::declare(CLI::App& command, float defaultTemperature) {
  SamplerSettings& sampler = generation.sampler;
  sampler.temperature = defaultTemperature;
  const auto add = [&](const char* name, auto& field, const char* text) {
    command.add_option(name, field, text)->capture_default_str();
  };
  add("--max-tokens", generation.maxTokens, "Tokens to write at most; 0: until the context is full");
  add("--temperature", sampler.temperature, "0: always the most likely token");
  add("--top-k", sampler.topK, "Only the k most likely tokens; 0: off");
  add("--top-p", sampler.topP, "Only the most likely tokens that add up to p; 1: off");
  add("--min-p", sampler.minP, "Only tokens at least this share as likely as the first; 0: off");
  add("--repetition-penalty", sampler.repetitionPenalty, "1: off");
  add("--frequency-penalty", sampler.frequencyPenalty, "Per earlier occurrence; 0: off");
  add("--presence-penalty", sampler.presencePenalty, "Once for a token that occurred; 0: off");
  add("--penalty-window", sampler.penaltyWindow, "Last tokens that the penalties look at");
  add("--seed", sampler.seed, "Of the random draw");
  command.add_option("--stop", generation.stopStrings, "Text that ends the answer; may be given several times");
  command.add_flag("--ignore-eos", generation.ignoreEnd, "Go on past the end token");
}

}  // namespace cutaway::cli
