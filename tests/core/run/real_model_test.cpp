// Answers of real models on the CPU backend: what llama.cpp writes, and the same whatever the cache held
// before.
#include "support/real_model.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/run/generation.h"

using namespace cutaway;

namespace {

struct Answer {
  std::vector<TokenId> tokens;
  std::vector<TokenEvent> events;
  std::string text;
  GenerationStats stats;
  StopReason reason = StopReason::none;
};

Answer answer(Session& session, const std::vector<TokenId>& prompt, const GenerationOptions& options) {
  Generation generation(session, prompt, options);
  Answer out;
  while (test::orFail(generation.step()) != Generation::State::done) {
  }
  out.events = generation.takeEvents();
  for (const TokenEvent& event : out.events) out.text += event.text;
  out.tokens = generation.tokens();
  out.stats = generation.stats();
  out.reason = generation.reason();
  return out;
}

GenerationOptions greedy(std::uint32_t maxTokens) {
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = maxTokens;
  return options;
}

std::vector<TokenId> turn(const Session& session, std::string_view text) {
  const std::string chat = concat("<|im_start|>user\n", text, "<|im_end|>\n<|im_start|>assistant\n");
  return session.tokenizer().encode(chat, true, false);
}

nlohmann::json oracleOf(const std::string& name) {
  return nlohmann::json::parse(test::readFile(test::projectFile("tests/oracles/" + name)));
}

}  // namespace

TEST_CASE("stories260K continues as llama.cpp does, past the end token") {
  const auto path = test::sharedFile("models/stories260K-f32.gguf");
  if (!path) return;
  const auto oracle = oracleOf("stories260K-llama.cpp.json");
  const auto session = test::exactSession(test::loadOnCpu(*path));
  auto options = greedy(static_cast<std::uint32_t>(oracle["greedy"].size()));
  options.ignoreEnd = true;
  CHECK(answer(*session, oracle["tokens"], options).tokens == oracle["greedy"].get<std::vector<TokenId>>());
}

TEST_CASE("the demo model continues as llama.cpp does, up to the first near tie") {
  const auto oracle = oracleOf("demo-llama.cpp.json");
  const auto session = test::exactSession(test::demoModel());
  auto options = greedy(static_cast<std::uint32_t>(oracle["greedy"].size()));
  options.ignoreEnd = true;
  const Answer ours = answer(*session, oracle["tokens"], options);
  std::size_t compared = 0;
  for (; compared < ours.tokens.size(); ++compared) {
    const auto& best = ours.events[compared].alternatives;
    if (std::log(best[0].probability / best[1].probability) < 0.05) break;
    CAPTURE(compared);
    REQUIRE(ours.tokens[compared] == oracle["greedy"][compared].get<TokenId>());
  }
  CHECK(compared >= 8);
}

TEST_CASE("a second turn reads only what is new and answers as a fresh session does") {
  const auto model = test::demoModel();
  const auto session = test::exactSession(model);
  auto conversation = turn(*session, "My name is Nora. What does a KV cache do?");
  const Answer first = answer(*session, conversation, greedy(60));
  CHECK(first.reason == StopReason::eos);
  CHECK(first.stats.reusedTokens == 0);
  const std::size_t cached = session->tokens().size();
  CHECK(cached == conversation.size() + first.tokens.size() - 1);

  conversation.insert(conversation.end(), first.tokens.begin(), first.tokens.end());
  const auto question = turn(*session, "And what is my name?");
  conversation.insert(conversation.end(), question.begin(), question.end());
  const Answer second = answer(*session, conversation, greedy(30));
  CHECK(second.stats.reusedTokens == cached);
  CHECK(second.stats.promptTokens == conversation.size());

  const auto fresh = test::exactSession(model);
  const Answer anew = answer(*fresh, conversation, greedy(30));
  CHECK(anew.stats.reusedTokens == 0);
  CHECK(anew.tokens == second.tokens);
  CHECK(anew.text == second.text);
}

TEST_CASE("regenerating with a seed gives the answer again, also after another one") {
  const auto session = test::exactSession(test::demoModel());
  const auto prompt = turn(*session, "Name three fruits.");
  GenerationOptions options;
  options.maxTokens = 25;
  options.ignoreEnd = true;
  options.sampler.temperature = 1.2f;
  options.sampler.seed = 5;
  const Answer first = answer(*session, prompt, options);
  options.sampler.seed = 6;
  const Answer other = answer(*session, prompt, options);
  options.sampler.seed = 5;
  const Answer again = answer(*session, prompt, options);
  CHECK(again.tokens == first.tokens);
  CHECK(other.tokens != first.tokens);
  CHECK(again.stats.reusedTokens == prompt.size() - 1);
}

TEST_CASE("an answer after one that was cancelled is that of a fresh session") {
  const auto model = test::demoModel();
  const auto oracle = oracleOf("demo-llama.cpp.json");
  const std::vector<TokenId> prompt = oracle["tokens"];
  const auto session = test::exactSession(model);
  Generation cancelled(*session, prompt, greedy(20));
  CHECK(test::orFail(cancelled.step()) == Generation::State::reading);
  cancelled.cancel();
  const std::uint32_t read = cancelled.promptRead();
  CHECK(read > 0);
  CHECK(read < prompt.size());
  CHECK(session->tokens().size() == read);

  const Answer after = answer(*session, prompt, greedy(20));
  CHECK(after.stats.reusedTokens == read);
  CHECK(after.tokens == answer(*test::exactSession(model), prompt, greedy(20)).tokens);
}

TEST_CASE("an answer fills the context to the last cell, and another prompt can follow") {
  const auto model = test::demoModel();
  const auto session = test::exactSession(model, 40);
  auto prompt = turn(*session, "Count from 7 to 15.");
  REQUIRE(prompt.size() < 40);
  auto options = greedy(0);
  options.ignoreEnd = true;
  const Answer full = answer(*session, prompt, options);
  CHECK(full.reason == StopReason::contextFull);
  CHECK(session->tokens().size() == 40);
  CHECK(prompt.size() + full.tokens.size() == 41);  // the last one was computed but needs no cell
  options.maxTokens = static_cast<std::uint32_t>(full.tokens.size());
  CHECK(answer(*test::exactSession(model, 512), prompt, options).tokens == full.tokens);
  CHECK(answer(*session, prompt, greedy(3)).tokens.size() == 3);
}
