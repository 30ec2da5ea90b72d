#include "core/run/archive.h"

#include "core/run/generation.h"
#include "support/archive_checks.h"
#include "support/fake_backend.h"
#include "support/real_model.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr const char* kText =
    "Once upon a time, a clever fox named Nina lived in a green valley. Nina wanted to see.";

/// Two layers of width 3; the state of token t in value v is 100 v + t, plus 0.5 for its last entry.
struct SmallGraph {
  Graph graph;
  SmallGraph() {
    graph.layers = 2;
    graph.width = 3;
    for (const char* name : {"embed", "blk.0.resid_post", "blk.1.resid_post", "logits"})
      graph.values.push_back({name, {Dim::tokens(), Dim::of(3)}, 0, false});
  }
  std::vector<Capture> captures(std::uint32_t first, std::uint32_t count) const {
    std::vector<Capture> made;
    for (ValueId value = 0; value < 3; ++value) {
      made.push_back({value, {count, 3}, {}});
      for (std::uint32_t i = 0; i < count; ++i)
        for (std::uint32_t j = 0; j < 3; ++j)
          made.back().data.push_back(static_cast<float>(100 * value) + static_cast<float>(first + i) +
                                     (j == 2 ? 0.5f : 0.0f));
    }
    return made;
  }
};

std::string heldText(const ResidualArchive& archive) { return toString(Indices{archive.held()}); }

/// Sees the tokens of every step, as the fake device captures them.
class Onlooker final : public StepWatcher {
 public:
  std::map<std::uint32_t, float> seen;
  std::span<const Tap> taps(std::uint32_t, std::uint32_t, bool again) override {
    return again ? std::span<const Tap>() : std::span<const Tap>(&m_tap, 1);
  }
  void captured(std::uint32_t first, std::uint32_t count, std::span<Capture> captures) override {
    REQUIRE(captures.size() == 1);
    REQUIRE(captures[0].data.size() == count);
    for (std::uint32_t i = 0; i < count; ++i) seen[first + i] = captures[0].data[i];
  }
  void truncated(std::uint32_t length) override { seen.erase(seen.lower_bound(length), seen.end()); }

 private:
  Tap m_tap{0};
};

}  // namespace

TEST_CASE("every layer's pattern follows from the archive, within what F16 leaves") {
  for (const char* name : {"llama-llama3", "qwen3"})
    checkArchivedPatterns(*inspectSession(createCpuBackend(2),
                                          projectFile(concat("tests/oracles/families/", name, ".gguf")), 16),
                          {5, 17, 33, 2, 90, 41, 8, 63, 12, 77, 30, 4, 9, 50}, 1e-3);
  const auto session = exactSession(demoModel(), 128);
  checkArchivedPatterns(*session, session->tokenizer().encode(kText, true, false), 1e-3);
}

TEST_CASE("the archive is cut with the cache, and changes no number of the run") {
  const auto model = demoModel();
  const auto session = exactSession(model, 128), plain = exactSession(model, 128);
  const auto tokens = session->tokenizer().encode(kText, true, false);
  session->setArchive(std::uint64_t{64} << 20);
  const auto watched = orFail(session->step(tokens, {.fullLogits = true}));
  const auto unwatched = orFail(plain->step(tokens, {.fullLogits = true}));
  CHECK(watched.rows.at(0).logits == unwatched.rows.at(0).logits);
  CHECK(watched.captures.empty());
  const auto size = static_cast<std::uint32_t>(tokens.size());
  CHECK(session->archive()->held() == std::vector<IndexRange>{{0, size}});

  auto other = tokens;
  other[10] = tokens[3];
  orFail(session->rewind(other));
  CHECK(session->archive()->held() == std::vector<IndexRange>{{0, 10}});
  session->archive()->setOn(false);
  orFail(session->step(std::span(other).subspan(10, 6), {}));
  CHECK(session->archive()->held() == std::vector<IndexRange>{{0, 10}});
  session->archive()->setOn(true);
  orFail(session->step(std::span(other).subspan(16), {}));
  CHECK(session->archive()->held() == std::vector<IndexRange>{{0, 10}, {16, size}});
  orFail(session->again(10, {}, 6));  // somebody's question fills the gap
  CHECK(session->archive()->held() == std::vector<IndexRange>{{0, size}});
  setEdits(*session, "blk.1.resid_post[token=5:]=scale:2", size);
  CHECK(session->archive()->held() == std::vector<IndexRange>{{0, 5}});
  session->setArchive(0);
  CHECK(model->backend->ledger().used(MemoryClass::archive) == 0);
}

TEST_CASE("states come back as they were stored, up to 11 bits, however large") {
  const SmallGraph small;
  Ledger ledger("test", [] { return std::uint64_t{1} << 30; });
  ResidualArchive archive(small.graph, ledger, 1 << 20);
  CHECK(archive.values() == std::vector<ValueId>{0, 1, 2});
  auto captures = small.captures(0, 40);
  for (float& x : captures[1].data) x *= 1e6f;
  for (float& x : captures[2].data) x *= 1e-9f;
  archive.captured(0, 40, captures);
  CHECK(heldText(archive) == "0:40");
  for (const Capture& capture : captures) {
    const std::vector<float> rows = archive.rows(capture.value, std::vector<std::uint32_t>{2, 5, 8, 39});
    for (std::size_t i = 0; i < rows.size(); ++i)
      CHECK(rows[i] ==
            doctest::Approx(capture.data[(i < 9 ? 2 + i / 3 * 3 : 39) * 3 + i % 3]).epsilon(0.0005));
  }
}

TEST_CASE("where the budget ends, the first positions make room, and it says which are held") {
  const SmallGraph small;
  Ledger ledger("test", [] { return std::uint64_t{1} << 30; });
  const std::uint64_t block = 3 * (3 * 2 + 4) * ResidualArchive::kBlockTokens;
  ResidualArchive archive(small.graph, ledger, 2 * block + 1);
  auto captures = small.captures(0, 200);
  archive.captured(0, 200, captures);
  CHECK(heldText(archive) == "128:200");
  CHECK(archive.bytes() == 2 * block);
  CHECK(ledger.used(MemoryClass::archive) == 2 * block);
  CHECK(archive.holds(128, 72));
  CHECK_FALSE(archive.holds(127, 2));
  auto early = small.captures(0, 10);  // asked about again: not worth what is held of the end
  archive.captured(0, 10, early);
  CHECK(heldText(archive) == "128:200");
  archive.truncated(130);
  CHECK(heldText(archive) == "128:130");
  archive.truncated(0);
  CHECK(heldText(archive).empty());
  CHECK(ledger.used(MemoryClass::archive) == 0);

  ResidualArchive tiny(small.graph, ledger, block - 1);
  CHECK(tiny.taps(0, 1, false).empty());
  Ledger full("full", [] { return std::uint64_t{100}; });
  CHECK(ResidualArchive(small.graph, full, 1 << 20).taps(0, 64, false).empty());
}

TEST_CASE("onlookers see every token of an answer at its position, also where the device runs ahead") {
  for (const bool follows : {false, true}) {
    CAPTURE(follows);
    const auto fake = fakeModel({.follows = follows});
    const auto session = orFail(Session::create(fake.model, {.context = 256}));
    const auto onlooker = std::make_shared<Onlooker>();
    session->watch(onlooker);
    GenerationOptions options;
    options.sampler.temperature = 0;
    options.maxTokens = 40;
    Generation generation(*session, fakeTokens("A question of more than one page of cells"), options);
    for (int i = 0; orFail(generation.step()) != Generation::State::done; ++i)
      if (i % 5 == 4) orFail(session->again(3, {}));
    REQUIRE(onlooker->seen.size() == session->tokens().size());
    for (const auto& [position, token] : onlooker->seen)
      CHECK(token == static_cast<float>(session->tokens()[position]));
    session->unwatch(onlooker.get());
    const std::size_t seen = onlooker->seen.size();
    const TokenId next = 5;
    orFail(session->step({&next, 1}, {}));
    CHECK(onlooker->seen.size() == seen);
  }
}
