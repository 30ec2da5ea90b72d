// What pushed a token, on a backend, against transformers: tests/oracles/inspect/causal-NAME.json.
#pragma once

#include "core/inspect/attribution.h"
#include "core/inspect/edited_answer.h"
#include "core/inspect/importance.h"
#include "core/inspect/sweep.h"
#include "support/inspect_checks.h"

namespace cutaway::test {

inline constexpr const char* kCausalModels[] = {"llama-llama3", "qwen2", "qwen3"};

inline nlohmann::json causalOracle(const std::string& name) {
  return nlohmann::json::parse(readFile(projectFile("tests/oracles/inspect/causal-" + name + ".json")));
}

inline std::unique_ptr<Session> causalSession(std::shared_ptr<Backend> backend, const std::string& name,
                                              std::uint32_t context = 128) {
  return inspectSession(std::move(backend), projectFile("tests/oracles/families/" + name + ".gguf"), 64,
                        context);
}

/// Within `tolerance` times the largest number that is expected of this kind, at least one.
inline void checkClose(double found, double expected, double tolerance) {
  CHECK(std::abs(found - expected) <= tolerance * std::max(1.0, std::abs(expected)));
}

inline std::unique_ptr<Attribution> attributed(Session& session, std::vector<TokenId> tokens,
                                               const Attribution::Question& question) {
  auto attribution = require(Attribution::create(session.model(), std::move(tokens), question));
  require(finish(*attribution, session));
  CHECK(attribution->progress() == 1);
  return attribution;
}

inline void checkAttribution(const std::shared_ptr<Backend>& backend, double tolerance) {
  for (const std::string name : kCausalModels) {
    CAPTURE(name);
    const auto oracle = causalOracle(name);
    const auto session = causalSession(backend, name);
    for (const auto& expected : oracle.at("attribution")) {
      const auto found =
          attributed(*session, oracle.at("tokens"), {expected.at("token"), expected.at("against")});
      checkClose(found->logit(), expected.at("logit"), tolerance);
      CHECK(std::abs(found->remainder()) < 1e-3);
      const auto& layers = expected.at("layers");
      REQUIRE(found->parts().size() == 1 + 2 * layers.size());
      checkClose(found->parts()[0].push, expected.at("embed"), tolerance);
      for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        CAPTURE(layer);
        const Attribution::Part &attention = found->parts()[2 * layer + 1],
                                &ffn = found->parts()[2 * layer + 2];
        CHECK(attention.term.layer == static_cast<std::int32_t>(layer));
        checkClose(attention.push, layers[layer].at("attn"), tolerance);
        checkClose(ffn.push, layers[layer].at("ffn"), tolerance);
        const std::vector<double> heads = layers[layer].at("heads");
        REQUIRE(attention.heads.size() == heads.size());
        for (std::size_t head = 0; head < heads.size(); ++head)
          checkClose(attention.heads[head], heads[head], tolerance);
      }
    }
  }
}

/// Parts add up to the logit, and the heads to their block, on a model of any size.
inline void checkAttributionSums(Session& session, const std::vector<TokenId>& tokens) {
  const auto check = [&](const Attribution::Question& question) {
    const auto found = attributed(session, tokens, question);
    CAPTURE(found->token());
    CHECK(std::abs(found->remainder()) < 1e-3);
    for (const Attribution::Part& part : found->parts()) {
      double heads = part.bias;
      for (const double push : part.heads) heads += push;
      if (!part.heads.empty()) CHECK(std::abs(heads - part.push) < 1e-3);
    }
    return found->token();
  };
  const TokenId top = check({});
  check({top, 5});
  check({5, top});
}

inline void checkAll(const std::vector<double>& found, const std::vector<double>& expected,
                     double tolerance) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    checkClose(found[i], expected[i], tolerance);
  }
}

inline std::unique_ptr<Importance> importanceOf(Session& session, std::vector<TokenId> tokens,
                                                const Importance::Question& question) {
  auto importance = require(Importance::create(session.model(), std::move(tokens), question));
  const std::uint32_t context = importance->ownContext();
  CHECK(context > 0);
  while (require(importance->step(session))) CHECK(importance->ownContext() == context);  // as the window asks each time
  CHECK(importance->progress() == 1);
  return importance;
}

inline const Importance::Method& methodOf(const Importance& importance, ImportanceMethod method) {
  return *std::ranges::find(importance.methods(), method, &Importance::Method::method);
}

inline void checkImportance(const std::shared_ptr<Backend>& backend, double tolerance) {
  using Method = ImportanceMethod;
  for (const std::string name : kCausalModels) {
    CAPTURE(name);
    const auto oracle = causalOracle(name);
    const auto& expected = oracle.at("importance");
    const auto session = causalSession(backend, name, 1024);
    Importance::Question question{.word = oracle.at("word"), .spanTokens = oracle.at("span"), .draws = 3};
    const auto found = importanceOf(*session, oracle.at("tokens"), question);
    checkClose(found->logProbability(), expected.at("logprob"), tolerance);
    checkAll(methodOf(*found, Method::rollout).scores, expected.at("rollout"), tolerance);
    checkAll(methodOf(*found, Method::movedNorm).scores, expected.at("moved"), tolerance);
    checkAll(methodOf(*found, Method::leaveOneOut).scores, expected.at("dropped"), tolerance);
    checkAll(methodOf(*found, Method::spans).scores, expected.at("spanned"), tolerance);
    CHECK(found->topTokens() == 1);
    checkClose(methodOf(*found, Method::leaveOneOut).topLoss, expected.at("top_loss"), tolerance);
    checkClose(found->agreement(2, 3).spearman, expected.at("spearman"), 1e-9);
    checkClose(found->agreement(2, 3).kendall, expected.at("kendall"), 1e-9);
    question.replacement = oracle.at("replacement");
    question.batched = false;
    const auto replaced = importanceOf(*session, oracle.at("tokens"), question);
    checkAll(methodOf(*replaced, Method::leaveOneOut).scores, expected.at("replaced"), tolerance);
  }
}

inline std::unique_ptr<Sweep> swept(Session& session, std::vector<TokenId> tokens,
                                    const Sweep::Question& question) {
  auto sweep = require(Sweep::create(session.model(), std::move(tokens), question));
  require(finish(*sweep, session));
  CHECK(sweep->progress() == 1);
  CHECK(sweep->effects().size() == sweep->values().size() * sweep->columns());
  return sweep;
}

inline void checkSweeps(const std::shared_ptr<Backend>& backend, double tolerance) {
  using Part = SweepPart;
  using Change = SweepChange;
  for (const std::string name : kCausalModels) {
    const auto oracle = causalOracle(name);
    const auto& sweeps = oracle.at("sweeps");
    const TokenId word = oracle.at("word"), against = oracle.at("against");
    const std::vector<TokenId> clean = oracle.at("clean");
    const struct {
      const char* name;
      Sweep::Question question;
    } cases[] = {
        {"residual patch", {Part::residual, Change::patch, word, -1, {}, clean}},
        {"residual patch lead", {Part::residual, Change::patch, word, against, {}, clean}},
        {"feed-forward mean", {Part::feedForward, Change::mean, word, -1, {}}},
        {"attention zero", {Part::attention, Change::zero, word, -1, {}}},
        {"heads zero", {Part::heads, Change::zero, word, -1, {}}},
        {"heads mean", {Part::heads, Change::mean, word, -1, {}, {}, false}},
        {"heads patch", {Part::heads, Change::patch, word, -1, {9, 13}, clean}},
    };
    const auto session = causalSession(backend, name, 1024);
    for (const auto& [sweepName, question] : cases) {
      CAPTURE(name);
      CAPTURE(sweepName);
      const auto found = swept(*session, oracle.at("tokens"), question);
      std::vector<double> expected;
      for (const auto& row : sweeps.at(sweepName))
        for (const double effect : row) expected.push_back(effect);
      checkAll(found->effects(), expected, tolerance);
      if (question.change == Change::patch)
        checkClose(found->clean(), sweeps.at(question.against < 0 ? "clean" : "clean lead"), tolerance);
    }
  }
}

/// `backend` may prefer another greedy token than transformers where two are nearly even; the tiny models'
/// are not.
inline void checkEditedAnswer(const std::shared_ptr<Backend>& backend, double tolerance) {
  for (const std::string name : kCausalModels) {
    CAPTURE(name);
    const auto oracle = causalOracle(name);
    const auto& expected = oracle.at("edited_answer");
    const std::vector<TokenId> text = oracle.at("tokens");
    const auto promptTokens = expected.at("prompt_tokens").get<std::ptrdiff_t>();
    const std::vector<TokenId> prompt(text.begin(), text.begin() + promptTokens);
    const auto session = causalSession(backend, name, 512);
    EditedAnswer::Question question;
    question.answer.assign(text.begin() + promptTokens, text.end());
    question.edits = std::make_shared<const Edits>(require(
        parseEdit(session->model().description->graph(), "blk.0.attn.z[head=1;token=4:]=zero", {14, 14})));
    question.maxTokens = 8;
    question.ignoreEnd = true;
    const auto answered = [&] {
      auto answer = require(EditedAnswer::create(session->model(), prompt, question));
      CHECK(answer->ownContext() > 0);
      require(finish(*answer, *session));
      CHECK(answer->progress() == 1);
      return answer;
    };
    const auto given = answered();
    std::vector<double> divergences, plain, edited;
    for (const EditedAnswer::Token& token : given->original()) {
      divergences.push_back(token.divergence);
      plain.push_back(token.logProbability);
      edited.push_back(token.editedLogProbability);
    }
    checkAll(divergences, expected.at("kl"), tolerance);
    checkAll(plain, expected.at("plain"), tolerance);
    checkAll(edited, expected.at("edited"), tolerance);
    const std::vector<TokenId> greedyEdited = expected.at("greedy_edited"), greedy = expected.at("greedy");
    CHECK(given->edited() == greedyEdited);

    question.answer.clear();
    const auto written = answered();
    std::vector<TokenId> original;
    for (const EditedAnswer::Token& token : written->original()) original.push_back(token.token);
    CHECK(original == greedy);
    CHECK(written->edited() == greedyEdited);
    const auto first = std::ranges::mismatch(greedy, greedyEdited).in1 - greedy.begin();
    CHECK(written->firstDifference() == static_cast<std::size_t>(first));
    CHECK(written->original()[static_cast<std::size_t>(first)].editedTop ==
          greedyEdited[static_cast<std::size_t>(first)]);
  }
}

}  // namespace cutaway::test
