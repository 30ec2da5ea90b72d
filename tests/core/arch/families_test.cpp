// Every family against Hugging Face transformers, on the CPU.
#include "core/cpu/cpu_backend.h"
#include "support/hugging_face_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("every family computes the logits that transformers computes") {
  checkFamilies(createCpuBackend(2));
}

TEST_CASE("directories saved by transformers give its logits") { checkDirectories(createCpuBackend(2)); }

TEST_CASE("GPTQ and AWQ directories give the logits of the weights that they hold") { checkPackedDirectories(createCpuBackend(2)); }

TEST_CASE("every family in the table has a model to be tested with") {
  const auto index = nlohmann::json::parse(readFile(familyOracle("families.json")));
  for (const Family& family : families()) {
    CAPTURE(family.name);
    CHECK(std::ranges::any_of(index.at("models"),
                              [&](const auto& entry) { return entry.at("family") == family.name; }));
  }
}
