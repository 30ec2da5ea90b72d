// The logit lens on a backend against what transformers computed: tests/oracles/lens.
#pragma once

#include <functional>

#include "core/inspect/lens.h"
#include "support/inspect_checks.h"

namespace cutaway::test {

/// `tolerance` times max(1, |expected|).
inline void checkLens(const std::function<std::shared_ptr<Backend>()>& createBackend, double tolerance) {
  const nlohmann::json oracle = nlohmann::json::parse(readFile(projectFile("tests/oracles/lens/lens.json")));
  REQUIRE(oracle.size() == 3);
  for (const auto& item : oracle.items()) {
    const std::string& name = item.key();
    const nlohmann::json& expected = item.value();
    INFO(name);
    const auto session = inspectSession(createBackend(), projectFile("tests/oracles/families/" + name + ".gguf"), 5);
    const auto lens = require(LogitLens::create(session->model(), expected.at("tokens").get<std::vector<TokenId>>()));
    require(finish(*lens, *session));
    REQUIRE(lens->rows() == expected.at("top").size());
    for (std::uint32_t row = 0; row < lens->rows(); ++row) {
      for (std::uint32_t column = 0; column < lens->columns(); ++column) {
        INFO("row ", row, ", column ", column);
        const LensCell& cell = lens->at(row, column);
        const auto near = [&](double found, const char* key) {
          const double wanted = expected.at(key)[row][column];
          INFO(key);
          CHECK(std::abs(found - wanted) <= tolerance * std::max(1.0, std::abs(wanted)));
        };
        CHECK(cell.top[0] == expected.at("top")[row][column].get<TokenId>());
        CHECK(cell.rank == expected.at("rank")[row][column].get<std::uint32_t>());
        near(cell.probability[0], "probability");
        near(cell.entropy, "entropy");
        near(cell.divergence, "kl");
        near(cell.finalProbability, "winner");
      }
    }
  }
}

}  // namespace cutaway::test
