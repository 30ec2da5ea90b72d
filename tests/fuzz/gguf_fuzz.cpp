// Any bytes as a model file: refused with a sentence, or every value and weight of it can be read.
#include <algorithm>

#include "check.h"
#include "core/format/model_file.h"

using namespace cutaway;

namespace {

void readMetadata(const Metadata& metadata) {
  for (const auto& [key, value] : metadata.entries()) {
    FUZZ_CHECK(metadata.find(key) == &value);
    (void)metadata.uint(key);
    (void)metadata.number(key);
    (void)metadata.boolean(key);
    (void)metadata.string(key);
    (void)metadata.strings(key);
    (void)metadata.numbers(key);
    (void)metadata.integers(key);
  }
}

void decodeEnds(const ModelFile& file, const TensorInfo& tensor) {
  const NumberFormat& format = numberFormat(tensor.format);
  FUZZ_CHECK(tensor.elements() % format.blockSize == 0);
  FUZZ_CHECK(file.data(tensor).bytes.size() == format.bytesFor(tensor.elements()));
  std::vector<float> weights(std::min<std::uint64_t>(tensor.elements(), 4 * format.blockSize));
  format.decode(file.data(tensor).bytes.first(format.bytesFor(weights.size())), weights);
  format.decode(file.data(tensor).bytes.last(format.bytesFor(weights.size())), weights);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = openModelFile(SharedBytes{"fuzz", std::as_bytes(std::span(data, size)), nullptr});
  if (!file) {
    FUZZ_CHECK(file.error().message.starts_with("fuzz: "));
    return 0;
  }
  readMetadata(file->metadata);
  for (const TensorInfo& tensor : file->tensors) {
    FUZZ_CHECK(file->find(tensor.name) == &tensor);
    decodeEnds(*file, tensor);
  }
  return 0;
}
