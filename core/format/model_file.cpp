#include "core/format/model_file.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/format/gguf.h"
#include "core/format/hugging_face.h"

namespace cutaway {
namespace {

struct Container {
  bool (*looksLike)(std::span<const std::byte> bytes);
  Result<ModelFile> (*read)(SharedBytes source);
};

constexpr Container kContainers[] = {
    {looksLikeGguf, readGguf},
};

/// Files that people open by mistake, by how they begin, and what to say of them. The first that fits counts.
struct Stranger {
  std::string_view begins;
  const char* sentence;
};

constexpr Stranger kStrangers[] = {
    {"version https://git-lfs.github.com",
     "is a Git LFS pointer, not the model itself; fetch it with \"git lfs pull\" or download it from the web "
     "page"},
    {"<!DOCTYPE", "is a web page, not a model; the download link was probably wrong or needs a login"},
    {"<html", "is a web page, not a model; the download link was probably wrong or needs a login"},
    {"lmgg", "is a GGML file from before GGUF; get the model as GGUF"},
    {"fmgg", "is a GGML file from before GGUF; get the model as GGUF"},
    {"tjgg", "is a GGML file from before GGUF; get the model as GGUF"},
    {"PK\3\4", "is a zip archive or a PyTorch checkpoint; convert the model to GGUF"},
    {"\x1f\x8b", "is compressed with gzip; unpack it first"},
};

bool beginsWith(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// A 64-bit length and a JSON object.
bool looksLikeSafetensors(std::span<const std::byte> bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < sizeof(length) + 1) return false;
  std::memcpy(&length, bytes.data(), sizeof(length));
  return length >= 2 && length <= bytes.size() - sizeof(length) && bytes[sizeof(length)] == std::byte{'{'};
}

bool looksLikeText(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes.first(std::min<std::size_t>(bytes.size(), 512)), [](std::byte byte) {
    const auto c = std::to_integer<unsigned>(byte);
    return c >= 0x20 ? c != 0x7f : c == '\n' || c == '\r' || c == '\t';
  });
}

std::unexpected<Error> refuse(const SharedBytes& source) {
  const auto say = [&](const char* sentence) {
    return fail(ErrorKind::badInput, source.name, ": ", sentence);
  };
  if (source.bytes.empty()) return say("is empty; expected a GGUF model");
  for (const Stranger& stranger : kStrangers)
    if (beginsWith(source.bytes, stranger.begins)) return say(stranger.sentence);
  if (looksLikeSafetensors(source.bytes))
    return say("is a safetensors file, which holds weights alone; open the directory that it is in");
  if (looksLikeText(source.bytes)) return say("is a text file; expected a GGUF model");
  return say("is not a model file; expected one that begins with \"GGUF\"");
}

}  // namespace

std::uint64_t TensorInfo::rows() const {
  std::uint64_t rows = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  return rows;
}

const TensorInfo* ModelFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &TensorInfo::name);
  return found == tensors.end() ? nullptr : &*found;
}

SharedBytes ModelFile::data(const TensorInfo& tensor) const {
  if (tensor.made != nullptr) {
    auto bytes = tensor.made->get();
    const std::span<const std::byte> view = *bytes;
    return {source.name, view, std::move(bytes), false};
  }
  const SharedBytes& file = tensor.part == 0 ? source : more[tensor.part - 1];
  return {file.name, file.bytes.subspan(tensor.offset, tensor.bytes), file.owner, file.isMapping};
}

std::uint64_t ModelFile::bytes() const {
  std::uint64_t sum = source.bytes.size();
  for (const SharedBytes& file : more) sum += file.bytes.size();
  return sum;
}

namespace {

/// A file of a Hugging Face directory, as a file dialog gives it; its directory is meant.
bool isPartOfDirectory(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool fits = path.extension() == ".safetensors" || path.extension() == ".json";
  return fits && std::filesystem::exists(path.parent_path() / "config.json", ignored);
}

}  // namespace

Result<ModelFile> openModelFile(const std::string& path) {
  std::error_code ignored;
  if (isPartOfDirectory(path)) return openHuggingFace(std::filesystem::path(path).parent_path().string());
  if (std::filesystem::is_directory(path, ignored)) {
    if (std::filesystem::exists(std::filesystem::path(path) / "config.json", ignored))
      return openHuggingFace(path);
    return fail(ErrorKind::badInput, path, ": is a directory without config.json; expected a GGUF file or a Hugging Face directory");
  }
  return openModelFile(TRY(mapFile(path)));
}

Result<ModelFile> openModelFile(SharedBytes source) {
  for (const Container& container : kContainers)
    if (container.looksLike(source.bytes)) return container.read(std::move(source));
  return refuse(source);
}

}  // namespace cutaway
