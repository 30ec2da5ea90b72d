// Maps of attention beside the whole patterns of a run, from the archive and by replay.
#include "core/inspect/attention_map.h"

#include "support/inspect_checks.h"
#include "support/real_model.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

constexpr double kArchived = 1e-3, kReplayed = 1e-5;

/// (heads, T, T) of a layer, as one step computes it.
std::vector<float> wholePattern(const std::shared_ptr<const Model>& model, const std::vector<TokenId>& tokens,
                                std::uint32_t layer) {
  const auto session = exactSession(model, static_cast<std::uint32_t>(tokens.size()) + kPageCells);
  const Tap tap{model->description->graph().find(concat("blk.", layer, ".attn.pattern"))};
  return orFail(session->step(tokens, {.taps = {&tap, 1}})).captures.at(0).data;
}

std::vector<TokenId> tokensOf(const Model& model, std::string_view text) {
  return model.description->tokenizer->encode(text, true, true);
}

std::vector<TokenId> story(const Model& model) {
  return tokensOf(
      model,
      "Once upon a time, a clever fox named Nina lived in a green valley. Nina wanted to see what was behind "
      "the hill. So she took a little lamp and started to walk.");
}

std::unique_ptr<AttentionMap> mapOf(Session& session, const std::vector<TokenId>& tokens,
                                    const MapRequest& request) {
  auto map = orFail(AttentionMap::create(session.model().description->graph(), tokens, request));
  require(finish(*map, session));
  CHECK(map->progress() == 1);
  return map;
}

/// The largest of a block of the pattern, drawn together as by numpy: pattern[rows, keys].max().
float blockOf(const std::vector<float>& pattern, std::size_t tokens, std::uint32_t head, IndexRange rows,
              IndexRange keys) {
  float most = 0;
  for (std::uint32_t row = rows.first; row < rows.end; ++row)
    for (std::uint32_t key = keys.first; key < keys.end; ++key)
      most = std::max(most, pattern[(head * tokens + row) * tokens + key]);
  return most;
}

void checkTile(const MapTile& tile, const std::vector<float>& pattern, std::size_t tokens, bool sampled,
               double tolerance) {
  double worst = 0;
  for (std::size_t i = 0; i < tile.heads.size(); ++i)
    for (std::uint32_t y = 0; y < tile.height; ++y)
      for (std::uint32_t x = 0; x < tile.width; ++x) {
        IndexRange rows = tile.rowsOf(y);
        if (sampled) rows.end = rows.first + 1;
        const float expected =
            blockOf(pattern, tokens, static_cast<std::uint32_t>(tile.heads[i]), rows, tile.keysOf(x));
        worst = std::max(worst, static_cast<double>(std::abs(tile.at(i, y, x) - expected)));
      }
  CHECK(worst <= tolerance);
}

}  // namespace

TEST_CASE("a map is the whole pattern drawn together, from the archive and by replay") {
  const auto model = demoModel();
  const auto tokens = story(*model);
  const auto size = static_cast<std::uint32_t>(tokens.size());
  REQUIRE(size > 36);
  const std::vector<float> patterns[] = {wholePattern(model, tokens, 0), wholePattern(model, tokens, 3)};
  const MapRequest requests[] = {
      {.layers = {0, 3}},
      {.layers = {0, 3}, .heads = {1, 6}, .mostRows = 7, .mostKeys = 10},
      {.layers = {0, 3}, .heads = {0, 2}, .mostRows = 9, .shrink = MapRequest::Rows::sample},
      {.layers = {0, 3}, .heads = {5}, .rows = {8, 30}, .keys = {4, 20}, .mostKeys = 5},
      {.layers = {0, 3}, .heads = {2}, .rows = {size - 1, size}},
  };
  for (const bool archived : {true, false}) {
    const auto session = exactSession(model, 256);
    if (archived) session->setArchive(std::uint64_t{64} << 20);
    orFail(session->step(tokens, {}));
    for (const MapRequest& request : requests) {
      CAPTURE(archived);
      CAPTURE(request.mostRows);
      const auto map = mapOf(*session, tokens, request);
      CHECK((map->replayedRows() == 0) == archived);
      REQUIRE(map->tiles().size() == 2);
      for (std::size_t i = 0; i < 2; ++i)
        checkTile(map->tiles()[i], patterns[i], size, request.shrink == MapRequest::Rows::sample,
                  archived ? kArchived : kReplayed);
    }
    CHECK(session->tokens() == tokens);
  }
}

TEST_CASE("mean and largest of all heads") {
  const auto model = demoModel();
  const auto tokens = story(*model);
  const auto size = static_cast<std::uint32_t>(tokens.size()), heads = model->description->graph().queryHeads;
  const std::vector<float> pattern = wholePattern(model, tokens, 2);
  const auto session = exactSession(model, 256);
  const auto mean = mapOf(*session, tokens, {.layers = {2}, .join = MapRequest::Join::mean});
  const auto largest = mapOf(*session, tokens, {.layers = {2}, .join = MapRequest::Join::largest});
  CHECK(mean->tiles().at(0).heads == std::vector<std::int32_t>{MapTile::kMean});
  double worst = 0;
  for (std::uint32_t row = 0; row < size; ++row)
    for (std::uint32_t key = 0; key < size; ++key) {
      float sum = 0, most = 0;
      for (std::uint32_t head = 0; head < heads; ++head) {
        const float weight = pattern[(head * size + row) * size + key];
        sum += weight;
        most = std::max(most, weight);
      }
      worst = std::max<double>(worst,
                               std::abs(mean->tiles()[0].at(0, row, key) - sum / static_cast<float>(heads)));
      worst = std::max<double>(worst, std::abs(largest->tiles()[0].at(0, row, key) - most));
    }
  CHECK(worst <= kReplayed);
}

TEST_CASE("a map that is begun survives what others do to the session, and a full context") {
  const auto model = demoModel();
  const auto tokens = story(*model);
  const auto size = static_cast<std::uint32_t>(tokens.size());
  const auto pattern = wholePattern(model, tokens, 1);
  const auto other = tokensOf(*model, "Nothing like it, at all.");
  for (const bool archived : {true, false}) {
    CAPTURE(archived);
    const auto session =
        exactSession(model, (size + kPageCells - 1) / kPageCells * kPageCells);  // no page for a branch
    if (archived) session->setArchive(std::uint64_t{64} << 20);
    const auto map = orFail(AttentionMap::create(model->description->graph(), tokens, {.layers = {0, 1}}));
    for (int steps = 0; orFail(map->step(*session)); ++steps) {
      REQUIRE(steps < 1000);
      if (steps != 3 && steps != 5) continue;
      orFail(session->rewind(other));
      orFail(session->step(std::span(other).subspan(session->tokens().size()), {}));
    }
    checkTile(map->tiles().at(1), pattern, size, false, archived ? kArchived : kReplayed);
  }
}

TEST_CASE("edits of the session are in its maps") {
  const auto model = demoModel();
  const auto tokens = story(*model);
  const auto size = static_cast<std::uint32_t>(tokens.size());
  const auto plain = wholePattern(model, tokens, 2);
  std::vector<MapTile> tiles;
  for (const bool archived : {true, false}) {
    const auto session = exactSession(model, 256);
    if (archived) session->setArchive(std::uint64_t{64} << 20);
    setEdits(*session, "blk.1.resid_post[token=7]=scale:-3", size);
    tiles.push_back(mapOf(*session, tokens, {.layers = {2}})->tiles().at(0));
  }
  double apart = 0, fromPlain = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    apart = std::max<double>(apart, std::abs(tiles[0].weights[i] - tiles[1].weights[i]));
    fromPlain = std::max<double>(fromPlain, std::abs(tiles[0].weights[i] - plain[i]));
  }
  CHECK(apart <= kArchived);
  CHECK(fromPlain > 0.05);
}

TEST_CASE("asked for its name, the demo model looks back at the name, and the map shows which head does") {
  const auto model = demoModel();
  const auto tokens = tokensOf(
      *model,
      "<|im_start|>user\nHi, my name is Nora.<|im_end|>\n<|im_start|>assistant\nHello, Nora! How can I "
      "help you?<|im_end|>\n<|im_start|>user\nWhat is my name?<|im_end|>\n<|im_start|>assistant\nYour "
      "name is");
  const auto size = static_cast<std::uint32_t>(tokens.size());
  const auto session = exactSession(model, 256);
  session->setArchive(std::uint64_t{64} << 20);
  const auto map = mapOf(*session, tokens, {.rows = {size - 1, size}});
  std::vector<std::uint32_t> names;
  for (std::uint32_t i = 0; i < size; ++i)
    if (model->description->tokenizer->piece(tokens[i], true).find("Nora") != std::string::npos)
      names.push_back(i);
  REQUIRE(names.size() == 2);
  float best = 0;
  std::uint32_t layer = 0;
  std::int32_t head = -1;
  for (const MapTile& tile : map->tiles())
    for (std::size_t i = 0; i < tile.heads.size(); ++i) {
      const float weight = tile.at(i, 0, names[0]) + tile.at(i, 0, names[1]);
      if (weight <= best) continue;
      best = weight;
      layer = tile.layer;
      head = tile.heads[i];
    }
  CHECK(best > 0.9f);
  CHECK(layer == 1);  // where the model's card says that induction heads were seeded: 0, 2, 4 and 6
  CHECK(head % 2 == 0);
}

TEST_CASE("maps that cannot be are refused with what would work") {
  Graph graph = demoModel()->description->graph();
  const std::vector<TokenId> tokens(4000, 5);
  const auto refusal = [&](const MapRequest& request, const std::vector<TokenId>& text) {
    const auto map = AttentionMap::create(graph, text, request);
    REQUIRE_FALSE(map);
    return map.error().message;
  };
  CHECK(refusal({}, {}) == "there are no tokens to ask about");
  CHECK(refusal({.layers = {0, 99}}, tokens) ==
        concat("there is no layer 99; the model has ", graph.layers, ", 0 to ", graph.layers - 1));
  CHECK(refusal({.heads = {77}}, tokens).starts_with("there is no head 77; the model has "));
  CHECK(refusal({.rows = {5, 4001}}, tokens) == "rows 5 to 4001 of a text of 4000 tokens");
  CHECK(refusal({.mostRows = 0}, tokens) == "a map of 0 rows or columns");
  const std::string large = refusal({.mostRows = 4000, .mostKeys = 4000}, tokens);
  CHECK(large.find("61.0 MiB each") != std::string::npos);
  CHECK(large.find("at most 256.0 MiB are computed at once: ask for fewer layers or heads") !=
        std::string::npos);
}
