#include "core/run/kv_cache.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "support/fake_backend.h"

using namespace cutaway;

namespace {

std::vector<TokenId> counted(std::size_t count, TokenId from = 0) {
  std::vector<TokenId> tokens(count);
  for (std::size_t i = 0; i < count; ++i) tokens[i] = from + static_cast<TokenId>(i);
  return tokens;
}

/// A KvCache whose cells are written as a plan would write them, beside plain copies of what each sequence
/// holds.
struct Checked {
  explicit Checked(std::uint32_t pages)
      : storage(std::make_shared<test::FakeCache>(CacheShape{1, 1, 1, pages, FormatId::f16})),
        cache(storage) {}

  TokenId& cell(SequenceId sequence, std::size_t position) {
    const auto page = static_cast<std::size_t>(cache.pages(sequence)[position / kPageCells]);
    return storage->cells[page * kPageCells + position % kPageCells];
  }
  Result<void> append(SequenceId sequence, const std::vector<TokenId>& tokens) {
    const std::size_t held = cache.tokens(sequence).size();
    TRY(cache.append(sequence, tokens));
    for (std::size_t i = 0; i < tokens.size(); ++i) cell(sequence, held + i) = tokens[i];
    return {};
  }
  /// Every position of the sequence reads the token it holds, whatever the others wrote.
  bool holds(SequenceId sequence, const std::vector<TokenId>& tokens) {
    if (cache.tokens(sequence) != tokens) return false;
    if (cache.pages(sequence).size() != (tokens.size() + kPageCells - 1) / kPageCells) return false;
    for (std::size_t p = 0; p < tokens.size(); ++p)
      if (cell(sequence, p) != tokens[p]) return false;
    return true;
  }

  std::shared_ptr<test::FakeCache> storage;
  KvCache cache;
};

}  // namespace

TEST_CASE("a lone sequence lies in order and takes pages as it needs them") {
  Checked c(4);
  CHECK(c.cache.capacity() == 128);
  const SequenceId s = c.cache.create();
  REQUIRE(c.append(s, counted(32)));
  CHECK(c.cache.freeCells() == 96);
  REQUIRE(c.append(s, counted(1, 32)));
  CHECK(std::vector(c.cache.pages(s).begin(), c.cache.pages(s).end()) == std::vector<std::int32_t>{0, 1});
  CHECK(c.cache.freeCells() == 64);
  CHECK(c.holds(s, counted(33)));
}

TEST_CASE("what does not fit is refused with counts, and nothing changes") {
  Checked c(2);
  const SequenceId s = c.cache.create();
  REQUIRE(c.append(s, counted(40)));
  const auto refused = c.append(s, counted(25, 40));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::contextFull);
  CHECK(refused.error().message ==
        "the cache holds 64 tokens, of which 0 are free; no room for 25 more after 40");
  CHECK(c.holds(s, counted(40)));
  CHECK(c.append(s, counted(24, 40)));
  CHECK(c.holds(s, counted(64)));
  CHECK(c.append(s, {}));
}

TEST_CASE("a branch shares whole pages and copies the divided one") {
  Checked c(6);
  const SequenceId a = c.cache.create();
  REQUIRE(c.append(a, counted(70)));
  const auto whole = c.cache.fork(a, 64);
  REQUIRE(whole);
  CHECK(c.storage->copies == 0);
  CHECK(c.cache.freeCells() == 3 * 32);
  const auto divided = c.cache.fork(a, 40);
  REQUIRE(divided);
  CHECK(c.storage->copies == 1);
  CHECK(c.cache.freeCells() == 2 * 32);
  REQUIRE(c.append(*divided, counted(20, 900)));
  REQUIRE(c.append(*whole, counted(3, 800)));
  CHECK(c.holds(a, counted(70)));
  c.cache.remove(a);
  CHECK(c.cache.tokens(*whole).size() == 67);
  CHECK(c.cache.commonPrefix(*whole, c.cache.tokens(*divided)) == 40);
  c.cache.remove(*whole);
  c.cache.remove(*divided);
  CHECK(c.cache.freeCells() == c.cache.capacity());
}

TEST_CASE("a parent that goes back into a shared page does not write into its branch") {
  Checked c(4);
  const SequenceId a = c.cache.create();
  REQUIRE(c.append(a, counted(64)));
  const auto b = c.cache.fork(a, 64);
  REQUIRE(b);
  c.cache.truncate(a, 40);
  REQUIRE(c.append(a, counted(10, 500)));
  CHECK(c.storage->copies == 1);
  CHECK(c.holds(*b, counted(64)));
}

TEST_CASE("a branch that cannot have its page leaves nothing behind") {
  Checked c(2);
  const SequenceId a = c.cache.create();
  REQUIRE(c.append(a, counted(40)));
  const auto full = c.cache.fork(a, 20);
  REQUIRE_FALSE(full);
  CHECK(full.error().kind == ErrorKind::contextFull);
  c.cache.truncate(a, 30);
  c.storage->failCopies = true;
  const auto lost = c.cache.fork(a, 20);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::device);
  CHECK(c.holds(a, counted(30)));
  CHECK(c.cache.freeCells() == 32);
  c.cache.remove(a);
  CHECK(c.cache.freeCells() == 64);
}

TEST_CASE("the common prefix ends where either side does") {
  Checked c(2);
  const SequenceId s = c.cache.create();
  REQUIRE(c.append(s, {1, 2, 3}));
  CHECK(c.cache.commonPrefix(s, std::vector<TokenId>{}) == 0);
  CHECK(c.cache.commonPrefix(s, std::vector<TokenId>{1, 2}) == 2);
  CHECK(c.cache.commonPrefix(s, std::vector<TokenId>{1, 2, 3, 4}) == 3);
  CHECK(c.cache.commonPrefix(s, std::vector<TokenId>{1, 9, 3}) == 1);
  CHECK(c.cache.commonPrefix(s, std::vector<TokenId>{9}) == 0);
}

TEST_CASE("random branches never see each other's tokens and lose no page") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
    Checked c(12);
    std::map<SequenceId, std::vector<TokenId>> model;
    TokenId fresh = 0;
    for (int operation = 0; operation < 400; ++operation) {
      const bool create = model.empty() || below(12) == 0;
      if (create) model[c.cache.create()] = {};
      const auto chosen = std::next(model.begin(), below(model.size()));
      auto& [sequence, tokens] = *chosen;
      switch (below(5)) {
        case 0:
        case 1: {
          const auto more = counted(below(50), fresh);
          fresh += 50;
          if (c.append(sequence, more)) tokens.insert(tokens.end(), more.begin(), more.end());
          break;
        }
        case 2: {
          const std::uint32_t length = below(tokens.size() + 5);
          c.cache.truncate(sequence, length);
          if (length < tokens.size()) tokens.resize(length);
          break;
        }
        case 3: {
          const std::uint32_t length = below(tokens.size() + 1);
          if (const auto branch = c.cache.fork(sequence, length))
            model[*branch] = {tokens.begin(), tokens.begin() + length};
          break;
        }
        default:
          if (below(3) == 0) {
            c.cache.remove(sequence);
            model.erase(chosen);
          }
      }
      std::set<std::int32_t> used;
      for (const auto& [id, held] : model) {
        REQUIRE(c.holds(id, held));
        used.insert(c.cache.pages(id).begin(), c.cache.pages(id).end());
      }
      REQUIRE(c.cache.freeCells() == c.cache.capacity() - used.size() * kPageCells);
    }
  }
}
