#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "core/format/gguf.h"
#include "support/paths.h"

using namespace cutaway;
namespace fs = std::filesystem;

namespace {

/// An empty folder, removed at the end.
class Folder {
 public:
  Folder() : m_path(fs::temp_directory_path() / concat("cutaway-gguf-writer-", getpid())) {
    fs::remove_all(m_path);
    fs::create_directories(m_path);
  }
  ~Folder() { fs::remove_all(m_path); }
  std::string file(const char* name) const { return (m_path / name).string(); }
  bool holdsNothing() const { return fs::is_empty(m_path); }

 private:
  fs::path m_path;
};

GgufTensor tensorOf(std::string name, std::vector<std::uint64_t> shape, std::size_t bytes,
                    FormatId format = FormatId::f32) {
  return {std::move(name), std::move(shape), format, [bytes]() -> Result<std::vector<std::byte>> {
            return std::vector<std::byte>(bytes, std::byte{1});
          }};
}

std::vector<GgufTensor> tensorsOf(const ModelFile& file) {
  std::vector<GgufTensor> tensors;
  for (const TensorInfo& tensor : file.tensors)
    tensors.push_back({tensor.name, tensor.shape, tensor.format, [&]() -> Result<std::vector<std::byte>> {
                         const auto view = file.data(tensor).bytes;
                         return std::vector<std::byte>(view.begin(), view.end());
                       }});
  return tensors;
}

void checkFailure(const Folder& folder, const Result<void>& result, const std::string& part) {
  REQUIRE_FALSE(result.has_value());
  CAPTURE(result.error().message);
  CHECK(result.error().message.find(part) != std::string::npos);
  CHECK(folder.holdsNothing());
}

}  // namespace

TEST_CASE("a file that is read and written again is the same, byte for byte") {
  const Folder folder;
  for (const char* model : {"tests/oracles/formats/all-types.gguf", "resources/demo-model/demo-f16.gguf"}) {
    CAPTURE(model);
    const auto file = openModelFile(test::projectFile(model));
    REQUIRE(file.has_value());
    const std::string copy = folder.file("copy.gguf");
    const auto written = writeGguf(copy, file->metadata, tensorsOf(*file));
    if (!written) FAIL(written.error().message);
    CHECK((test::readFile(copy) == test::readFile(test::projectFile(model))));
  }
}

TEST_CASE("a file that is there is replaced only by a whole one") {
  const Folder folder;
  const std::string path = folder.file("model.gguf");
  REQUIRE(writeGguf(path, Metadata(), {tensorOf("a", {8}, 32)}).has_value());
  const std::string before = test::readFile(path);
  GgufTensor failing = tensorOf("b", {8}, 32);
  failing.bytes = []() -> Result<std::vector<std::byte>> { return fail(ErrorKind::cancelled, "stopped"); };
  const auto result = writeGguf(path, Metadata(), {tensorOf("a", {1024}, 4096), failing});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().kind == ErrorKind::cancelled);
  CHECK(test::readFile(path) == before);
  REQUIRE(writeGguf(path, Metadata(), {tensorOf("a", {16}, 64)}).has_value());
  CHECK(openModelFile(path).value().tensors[0].shape == std::vector<std::uint64_t>{16});
}

TEST_CASE("nothing is left behind when bytes are wrong or writing fails") {
  const Folder folder;
  const std::string path = folder.file("model.gguf");
  checkFailure(folder, writeGguf(path, Metadata(), {tensorOf("a", {8}, 31)}),
               "was given 31 bytes; expected 32");

  GgufTensor throwing = tensorOf("a", {8}, 32);
  throwing.bytes = []() -> Result<std::vector<std::byte>> { throw std::bad_alloc(); };
  CHECK_THROWS_AS((void)writeGguf(path, Metadata(), {throwing}), std::bad_alloc);
  CHECK(folder.holdsNothing());

  // A full disk, as a limit on the size of files: the write fails in the middle of the data.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 4096;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const auto result = writeGguf(path, Metadata(), {tensorOf("a", {4096}, 16384)});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  checkFailure(folder, result, "cannot be written");
}

TEST_CASE("places that cannot be written are named") {
  const Folder folder;
  const auto missing = writeGguf("/nowhere/model.gguf", Metadata(), {});
  checkFailure(folder, missing, "/nowhere/model.gguf: cannot be created");
  REQUIRE(fs::create_directory(folder.file("model.gguf")));
  const auto onto = writeGguf(folder.file("model.gguf"), Metadata(), {});
  fs::remove(folder.file("model.gguf"));
  checkFailure(folder, onto, "is a directory");
}

TEST_CASE("what a reader would refuse is not written") {
  const Folder folder;
  const std::string path = folder.file("model.gguf");
  const auto refuses = [&](const std::vector<GgufTensor>& tensors, const std::string& part) {
    checkFailure(folder, writeGguf(path, Metadata(), tensors), part);
  };
  refuses({tensorOf("", {8}, 32)}, "the name of a tensor is empty");
  refuses({tensorOf("\xff", {8}, 32)}, "is not UTF-8: \"\\xff\"");
  refuses({tensorOf("a", {8}, 32), tensorOf("a", {8}, 32)}, "tensor \"a\" is given twice");
  refuses({tensorOf("a", {}, 0)}, "has 0 dimensions");
  refuses({tensorOf("a", {1, 2, 3, 4, 5}, 0)}, "has 5 dimensions");
  refuses({tensorOf("a", {2, 0}, 0)}, "no dimension of zero");
  refuses({tensorOf("a", {4, 31}, 0, FormatId::q8_0)}, "expected a multiple of 32, the block of Q8_0");
  refuses({tensorOf("a", {1ull << 62, 1}, 0)}, "more bytes than 63 bits can count");
  refuses({tensorOf("a", {1ull << 60}, 0), tensorOf("b", {1ull << 60}, 0)},
          "more bytes than 63 bits can count");
}

TEST_CASE("metadata that does not fit its type is refused") {
  const Folder folder;
  const auto refuses = [&](MetaValue value, const std::string& part) {
    Metadata metadata;
    metadata.set("key", std::move(value));
    checkFailure(folder, writeGguf(folder.file("model.gguf"), metadata, {}), part);
  };
  refuses({MetaType::u8, std::uint64_t{256}}, "metadata \"key\" does not fit its type, u8");
  refuses({MetaType::i16, std::int64_t{-40000}}, "does not fit its type, i16");
  refuses({MetaType::u32, std::int64_t{1}}, "does not fit its type, u32");
  refuses({MetaType::string, 1.0}, "does not fit its type, string");
  refuses({MetaType::array, std::uint64_t{1}}, "does not fit its type, array");
  refuses({MetaType::u8, MetaArray{MetaType::u8, std::vector<std::uint64_t>{1}}}, "does not fit its type");
  refuses({MetaType::array, MetaArray{MetaType::array, std::vector<std::uint64_t>{1}}},
          "does not fit its type");
  refuses({MetaType::array, MetaArray{MetaType::i8, std::vector<std::int64_t>{1, 128}}},
          "does not fit its type, i8");
}
