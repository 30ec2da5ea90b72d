// Weights on the device, bit by bit: repacked by the host and by the device alike.
#include <cstring>

#include "gpu/backend_impl.h"
#include "gpu/plan_variants.h"
#include "gpu/repack_map.h"
#include "twin.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

/// What shaders/repack.comp does, for one row: word `at` of it.
std::uint32_t mappedWord(const gpu::RepackMap& map, std::span<const std::byte> row, std::uint32_t at) {
  const std::uint32_t fields = 32 / map.bits, run = at / (map.pieces * 4);
  const std::uint32_t* entry = map.words.data() + std::size_t{at - run * map.pieces * 4} * (fields + 1);
  std::uint32_t word = entry[0];
  for (std::uint32_t i = 0; i < fields; ++i)
    for (std::uint32_t b = 0; b < map.bits && entry[1 + i] != gpu::RepackMap::kNothing; ++b) {
      const std::size_t bit = std::size_t{run} * map.sourceBytes * 8 + entry[1 + i] + b;
      if (bit / 8 < row.size())
        word ^= (static_cast<std::uint32_t>(row[bit / 8]) >> bit % 8 & 1) << (i * map.bits + b);
    }
  return word;
}

std::vector<std::byte> hostRepacked(const ModelFile& file, const gpu::GpuTensor& tensor,
                                    const gpu::MatrixSection& section) {
  const gpu::MatrixView& matrix = tensor.matrix;
  const std::uint64_t rowBytes = numberFormat(matrix.format).bytesFor(matrix.columns);
  std::vector<std::byte> out(gpu::matrixBytes(matrix.format, section.rows, matrix.columns));
  gpu::repackRows(matrix.format, file.data(tensor.info).bytes.data() + section.firstRow * rowBytes, section.rows,
                  matrix.columns, out.data());
  return out;
}

}  // namespace

TEST_CASE("the map of every format says what repacking does, in whole runs and parts of them") {
  std::mt19937 random(3);
  for (const NumberFormat& format : numberFormats()) {
    CAPTURE(format.name);
    const gpu::RepackMap map = gpu::repackMap(format.id);
    CHECK(map.bits >= 1);
    CHECK(map.words.size() == map.pieces * 4 * (32 / map.bits + 1));
    for (const std::uint32_t columns : {32u, 64u, 256u, 288u, 512u, 544u}) {
      if (columns % format.blockSize != 0) continue;
      CAPTURE(columns);
      std::vector<std::byte> row(format.bytesFor(columns));
      for (std::byte& b : row) b = static_cast<std::byte>(random());
      const std::uint32_t pieces = gpu::rowPieces(format.id, columns);
      std::vector<std::uint32_t> block(std::size_t{pieces} * gpu::kBlockRows * 4);
      gpu::repackRows(format.id, row.data(), 1, columns, reinterpret_cast<std::byte*>(block.data()));
      bool same = true;
      for (std::uint32_t at = 0; at < pieces * 4; ++at)
        same &= mappedWord(map, row, at) == block[at / 4 * gpu::kBlockRows * 4 + at % 4];
      CHECK(same);
    }
  }
}

TEST_CASE("the device repacks every format to the bits that the host repacks it to") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto device =
        openVulkan({.portableKernels = portable, .storageRangeLimit = 200'000, .loadAsDiscrete = true});
    REQUIRE(device->device().memory > 0);
    for (const NumberFormat& format : numberFormats()) {
      CAPTURE(format.name);
      const std::uint32_t width = format.blockSize > 32 ? 256 : format.blockSize > 1 ? 288 : 37;
      const std::uint32_t headWidth = format.blockSize > 32 ? 256 : 32;
      const ModelShape shape = {"repacked", width, 1, 1, headWidth, 2 * width, 999, format.id};
      const Graph graph = makeGraph(shape);
      const ModelFile file = makeFile(shape, graph);
      const WeightTable weights = require(device->upload(file, graph, {}, {}));
      for (const auto& weight : weights) {
        const auto& tensor = static_cast<const gpu::GpuTensor&>(*weight);
        for (const gpu::MatrixSection& section : tensor.matrix.sections) {
          CAPTURE(tensor.info.name);
          CAPTURE(section.firstRow);
          const auto expected = hostRepacked(file, tensor, section);
          REQUIRE(section.slice.mapped() != nullptr);  // software devices map all their memory
          CHECK(std::memcmp(section.slice.mapped(), expected.data(), expected.size()) == 0);
        }
      }
    }
    checkSilent(*device);
  }
}

TEST_CASE("all kernels of a plan are known, and compiled, when its weights are there") {
  const auto device = openVulkan({.loadAsDiscrete = true});
  {
    auto& backend = dynamic_cast<gpu::VulkanBackend&>(*device);
    const ModelShape shape = {"foretold", 64, 4, 2, 16, 96, 300, FormatId::q4_0};
    const Graph graph = makeGraph(shape);
    const auto weights = require(device->upload(makeFile(shape, graph), graph, {}, {}));
    const auto foretold =
        require(gpu::planVariants(backend.sharedDevice(), backend.sharedKernels(), graph, weights));
    const std::size_t compiled = backend.kernels().compiled();
    CHECK(compiled == foretold.size() + 1);  // and the one that repacks
    auto cache = require(device->createCache({2, 2, 16, 16, FormatId::f16}));
    require(device->compile(graph, weights, std::move(cache), {.maxTokens = 64}));
    CHECK(backend.kernels().compiled() == compiled);
  }
  checkSilent(*device);
}
