// Branches of a session's cache, on a backend, against the same texts read one by one.
#pragma once

#include "core/run/branches.h"
#include "support/inspect_checks.h"

namespace cutaway::test {

inline void checkBranches(const std::shared_ptr<Backend>& backend, double tolerance) {
  const std::string path = projectFile("tests/oracles/families/qwen3.gguf");
  const auto session = inspectSession(backend, path, 64, 512), alone = inspectSession(backend, path, 64, 512);
  std::vector<TokenId> text(45);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<TokenId>((7 * i * i + 3) % 96);
  require(session->step(text, {}));

  struct Case {
    std::uint32_t kept;
    std::vector<TokenId> rest;
    const char* edit;
  };
  const Case cases[] = {{40, {9, 8, 7}, nullptr},
                        {33, {1}, "blk.0.attn.z[head=2;token=33:]=zero"},
                        {0, {4, 5, 6, 7, 8}, "blk.1.ffn.act[token=2;neuron=3:40]=scale:-4"},
                        {44, {text[44]}, nullptr},
                        {44, {text[44]}, "blk.0.resid_post[token=44]=scale:0.5"},
                        {32, {2, 3}, "blk.1.resid_post[token=33]=scale:3"}};
  const auto edits = [&](const Case& one) {
    if (one.edit == nullptr) return std::make_shared<const Edits>();
    return std::make_shared<const Edits>(
        require(parseEdit(session->model().description->graph(), one.edit, {64, 64})));
  };
  Branches branches(*session);
  std::vector<Branches::Piece> pieces;
  for (const Case& one : cases)
    pieces.push_back({require(branches.add(one.kept, edits(one))), one.rest, Branches::Piece::Rows::last});
  const StepResult together = require(branches.step(pieces, {.fullLogits = true}));
  REQUIRE(together.rows.size() == std::size(cases));
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    CAPTURE(i);
    std::vector<TokenId> whole(text.begin(), text.begin() + cases[i].kept);
    whole.insert(whole.end(), cases[i].rest.begin(), cases[i].rest.end());
    require(alone->rewind({}));
    require(alone->setEdits(edits(cases[i])));
    const StepResult expected = require(alone->step(whole, {.fullLogits = true}));
    CHECK(difference(together.rows[i].logits, expected.rows[0].logits) <= tolerance);
  }
  CHECK(session->tokens() == text);
}

}  // namespace cutaway::test
