#include "support/paths.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cutaway::test {

std::string projectFile(const std::string& relative) { return std::string(CUTAWAY_SOURCE_DIR "/") + relative; }

std::optional<std::string> sharedFile(const std::string& relative) {
  const char* chosen = std::getenv("CUTAWAY_SHARED");
  const std::string folder = chosen != nullptr ? chosen : CUTAWAY_SOURCE_DIR "/../shared";
  std::string path = folder + "/" + relative;
  if (std::filesystem::exists(path)) return path;
  std::printf("SKIPPED: %s is not there (third-party data stays outside the project)\n", path.c_str());
  return std::nullopt;
}

std::string readFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace cutaway::test
