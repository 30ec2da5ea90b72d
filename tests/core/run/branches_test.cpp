// Branches of a session's cache: several texts in one step, each with its own edits.
#include "core/run/branches.h"

#include "core/cpu/cpu_backend.h"
#include "support/branch_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("branches read in one step are what each text is on its own, edits included") {
  checkBranches(createCpuBackend(2), 1e-5);
}

TEST_CASE("branches give their pages back, also behind a failure, and outlive their session") {
  auto session =
      inspectSession(createCpuBackend(2), projectFile("tests/oracles/families/qwen3.gguf"), 64, 128);
  require(session->step(std::vector<TokenId>(40, 3), {}));
  const std::uint32_t before = session->freeCells();
  auto branches = std::make_unique<Branches>(*session);
  const auto first = require(branches->add(40)), second = require(branches->fork(first, 10));
  CHECK(session->freeCells() < before);
  const std::vector<TokenId> some(20, 5), tooMany(60, 5), outside = {96};
  CHECK(branches->step(std::vector<Branches::Piece>{{first, some}, {second, tooMany}}, {}).error().kind ==
        ErrorKind::contextFull);
  CHECK_FALSE(branches->step(std::vector<Branches::Piece>{{first, outside}}, {}));
  require(branches->step(std::vector<Branches::Piece>{{first, some}, {second, some}}, {}));
  Edit edit;
  edit.value = 9999;
  CHECK_FALSE(branches->add(40, std::make_shared<const Edits>(Edits{edit})));
  branches->remove(first);
  CHECK(branches->size() == 1);
  branches->clear();
  CHECK(session->freeCells() == before);
  CHECK(session->tokens() == std::vector<TokenId>(40, 3));
  require(branches->add(33));
  CHECK(branches->of(*session));
  session.reset();
  branches.reset();
}
