#include "core/eval/second_reader.h"

#include "core/run/generation.h"
#include "support/real_model.h"

using namespace cutaway;

namespace {

/// The model without one of its feed-forward blocks: other distributions over the same tokens.
std::unique_ptr<Session> otherSession(const std::shared_ptr<const Model>& model) {
  auto session = test::orFail(Session::create(model, {.context = 256}));
  Edit edit;
  edit.value = model->description->graph().find("blk.2.ffn.out");
  edit.keep = 0;
  REQUIRE(session->setEdits(std::make_shared<const Edits>(1, edit)));
  return session;
}

struct Written {
  std::vector<TokenId> prompt, tokens;
  std::vector<LogitRow> rows;
};

Written write(Session& session) {
  Written written;
  written.prompt = session.tokenizer().encode("<|im_start|>user\nTell me a story<|im_end|>\n<|im_start|>assistant\n", true, true);
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = 20;
  options.rowSeen = [&](TokenId token, const LogitRow& row) {
    written.tokens.push_back(token);
    written.rows.push_back(row);
  };
  Generation generation(session, written.prompt, options);
  while (test::orFail(generation.step()) != Generation::State::done) {
  }
  CHECK(generation.tokens() == written.tokens);
  return written;
}

/// What the second session says in one go, position by position.
std::vector<Divergence> expected(Session& second, const Written& written) {
  std::vector<TokenId> text = written.prompt;
  text.insert(text.end(), written.tokens.begin(), written.tokens.end() - 1);
  test::orFail(second.rewind({}));
  const StepResult all = test::orFail(second.step(text, {.lastOnly = false, .fullLogits = true}));
  std::vector<Divergence> found;
  for (std::size_t i = 0; i < written.tokens.size(); ++i)
    found.push_back(divergenceOf(written.rows[i].logits, all.rows[written.prompt.size() - 1 + i].logits, written.tokens[i]));
  return found;
}

}  // namespace

TEST_CASE("a second model reads what a first one wrote, one by one or in batches, and differs alike") {
  const auto model = test::demoModel();
  const auto first = test::orFail(Session::create(model, {.context = 256}));
  const auto second = otherSession(model);
  const Written written = write(*first);
  REQUIRE(written.tokens.size() > 8);
  const std::vector<Divergence> differences = expected(*second, written);
  CHECK(differences[3].kl > 1e-3);  // they are two models
  for (const std::uint32_t most : {1u, 7u}) {
    CAPTURE(most);
    SecondReader reader(*second, written.prompt);
    std::vector<SecondReader::Reading> readings;
    for (std::size_t i = 0; i < written.tokens.size(); ++i) {
      reader.add(written.tokens[i], written.rows[i]);
      if (most == 1 || i % 5 == 4)  // some wait
        while (test::orFail(reader.step(most))) {
        }
      if (i == 10) test::orFail(second->rewind({}));  // somebody else used the session
    }
    while (test::orFail(reader.step(most))) {
    }
    readings = reader.take();
    CHECK(reader.waiting() == 0);
    REQUIRE(readings.size() == written.tokens.size());
    for (std::size_t i = 0; i < readings.size(); ++i) {
      CAPTURE(i);
      CHECK(readings[i].token == written.tokens[i]);
      CHECK(readings[i].difference.kl == doctest::Approx(differences[i].kl).epsilon(1e-4));
      CHECK(readings[i].difference.rankB == differences[i].rankB);
      CHECK(readings[i].row.logits.empty());
      CHECK(readings[i].row.top.front().token == differences[i].topB);
    }
    CHECK(reader.take().empty());
  }
}

TEST_CASE("a second model reads the prompt ahead, and nothing without one") {
  const auto model = test::demoModel();
  const auto session = test::orFail(Session::create(model, {.context = 256}));
  SecondReader reader(*session, {5, 6, 7, 8});
  while (test::orFail(reader.step(0))) {
  }
  CHECK(session->tokens() == std::vector<TokenId>{5, 6, 7});
  CHECK(reader.take().empty());
  SecondReader none(*session, {});
  const auto refused = none.step(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "there is no text before the first token to compare");
}
