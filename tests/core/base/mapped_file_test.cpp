#include "core/base/mapped_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "support/paths.h"

using namespace cutaway;

TEST_CASE("a file is mapped whole") {
  const std::string path = test::projectFile("tests/support/main.cpp");
  const auto mapped = mapFile(path);
  REQUIRE(mapped.has_value());
  CHECK(mapped->bytes.size() == std::filesystem::file_size(path));
  CHECK(static_cast<char>(mapped->bytes[0]) == '#');
}

TEST_CASE("what is no file gives a clear error") {
  const auto folder = mapFile(test::projectFile("tests"));
  REQUIRE_FALSE(folder.has_value());
  CHECK(folder.error().message.find("is a directory") != std::string::npos);
  const auto missing = mapFile("/nowhere/model.gguf");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find("/nowhere/model.gguf") != std::string::npos);
}

TEST_CASE("forgotten pages are read again") {
  const auto mapped = mapFile(test::projectFile("resources/demo-model/demo-f16.gguf"));
  REQUIRE(mapped.has_value());
  const std::vector<std::byte> before(mapped->bytes.begin(), mapped->bytes.end());
  forgetPages(*mapped, mapped->bytes.subspan(5, 100'000));
  forgetPages(*mapped, mapped->bytes);
  CHECK(std::ranges::equal(mapped->bytes, before));

  std::vector<std::byte> own(100'000, std::byte{7});
  forgetPages({"own", own, nullptr}, own);  // no mapping: nothing may be lost
  CHECK(std::ranges::all_of(own, [](std::byte b) { return b == std::byte{7}; }));
}

TEST_CASE("a pipe is refused without waiting for a writer") {
  const auto path = (std::filesystem::temp_directory_path() / concat("cutaway-pipe-", getpid())).string();
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const auto pipe = mapFile(path);
  std::filesystem::remove(path);
  REQUIRE_FALSE(pipe.has_value());
  CHECK(pipe.error().message == path + ": is not a regular file");
}
