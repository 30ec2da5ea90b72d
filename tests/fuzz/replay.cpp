// Runs a fuzz target once on every file of the folders and files it is given; stands in for libFuzzer.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fs = std::filesystem;

namespace {

void replay(const fs::path& path) {
  std::printf("%s\n", path.filename().c_str());
  std::fflush(stdout);  // so that a crash is blamed on the right file
  std::ifstream in(path, std::ios::binary);
  std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
  content.shrink_to_fit();  // so that a sanitizer sees a read past the end
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) replay(file);
  if (files.empty()) std::puts("no files to replay");
  return files.empty() ? 1 : 0;
}
