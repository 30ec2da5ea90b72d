#include "core/run/stop_strings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace cutaway;

TEST_CASE("text that may begin a stop string waits until it is certain") {
  StopStrings stops({"</end>", "STOP"});
  CHECK(stops.append("hello ST") == "hello ");
  CHECK(stops.append("R") == "STR");
  CHECK(stops.append("a</en") == "a");
  CHECK(stops.append("</end>tail") == "</en");
  CHECK(stops.matched());
  CHECK(stops.append("more") == "");
  CHECK(stops.finish() == "");
}

TEST_CASE("what was held back at the end is text") {
  StopStrings stops({"\n\n"});
  CHECK(stops.append("a\n") == "a");
  CHECK(stops.finish() == "\n");
  CHECK(stops.finish() == "");
  CHECK_FALSE(stops.matched());
}

TEST_CASE("without stop strings, or with an empty one, nothing waits") {
  StopStrings none({}), empty({""});
  CHECK(none.append("abc") == "abc");
  CHECK(empty.append("abc") == "abc");
  CHECK_FALSE(empty.matched());
}

TEST_CASE("the first match in the text counts, however the text is cut") {
  std::mt19937 random(1);
  const std::vector<std::string> strings{"aab", "ba", "bbbb", "cabc", "abc"};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 12, 'a');
    for (char& c : text) c = "abc"[random() % 3];
    std::size_t first = text.size();
    bool found = false;
    // What arrives byte by byte ends at the earliest end of a match.
    for (std::size_t end = 1; end <= text.size() && !found; ++end)
      for (const auto& stop : strings)
        if (text.substr(0, end).ends_with(stop)) {
          first = std::min(first, end - stop.size());
          found = true;
        }
    StopStrings stops(strings);
    std::string joined;
    for (std::size_t at = 0, piece = 0; at < text.size(); at += piece) {
      piece = 1 + random() % 4;
      joined += stops.append(std::string_view(text).substr(at, piece));
    }
    joined += stops.finish();
    CAPTURE(text);
    CHECK(stops.matched() == found);
    CHECK(joined == text.substr(0, first));
  }
}
