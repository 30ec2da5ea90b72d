// The files of a Hugging Face directory. JSON is read as every one of config.json, tokenizer.json and their companions at once; everything else as safetensors.
#include "check.h"
#include "core/format/hugging_face.h"
#include "core/format/safetensors.h"
#include "core/text/tokenizer.h"

using namespace cutaway;

namespace {

void readAsJson(const JsonObject& json) {
  Metadata metadata("fuzz");
  const auto model = hf::readConfig(json, metadata);
  if (!model) FUZZ_CHECK(model.error().message.starts_with("fuzz: "));
  const auto read = hf::readTokenizer(json, json, json, json, metadata);
  if (!read) {
    FUZZ_CHECK(read.error().message.starts_with("fuzz: "));
    return;
  }
  if (const auto tokenizer = Tokenizer::create(metadata)) (void)(*tokenizer)->encode("Hello <|end|> 12", true, true);
}

void readAsArrays(const SharedBytes& source) {
  const auto file = readSafetensors(source);
  if (!file) {
    FUZZ_CHECK(file.error().message.starts_with("fuzz: "));
    return;
  }
  for (const ArrayInfo& array : file->arrays) {
    FUZZ_CHECK(file->find(array.name) != nullptr);
    FUZZ_CHECK(file->data(array).size() == array.bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* text = reinterpret_cast<const char*>(data);
  if (const auto json = JsonObject::parse("fuzz", {text, size}))
    readAsJson(*json);
  else
    readAsArrays(SharedBytes{"fuzz", std::as_bytes(std::span(data, size)), nullptr});
  return 0;
}
