// What pushed a token, on a backend, against transformers: tests/oracles/inspect/causal-NAME.json.
#pragma once

#include "core/inspect/attribution.h"
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

}  // namespace cutaway::test
