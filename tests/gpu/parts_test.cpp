// The parts that need no model: reflection, the pipeline cache's file, placement of values, the kernel table.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "backend.h"
#include "gpu/arena.h"
#include "gpu/kernels.h"
#include "gpu/matrix_check.h"
#include "gpu/repack.h"
#include "gpu/shaders/params.h"
#include "support/paths.h"

using namespace cutaway;
using namespace cutaway::gpu;
using namespace cutaway::test;

namespace {

constexpr Kernel kAllKernels[] = {
    Kernel::linearMatrix, Kernel::embed,       Kernel::linearOne,     Kernel::linearMany, Kernel::storeKv,
    Kernel::ropeStore,    Kernel::attention,   Kernel::attentionRows, Kernel::scores,     Kernel::rmsNorm,
    Kernel::rope,         Kernel::add,         Kernel::swiglu,        Kernel::pickRows,   Kernel::logitBlocks,
    Kernel::logitTop,     Kernel::softmaxRows, Kernel::readAll,       Kernel::editRows,   Kernel::copyRows,
    Kernel::repack,       Kernel::roundInt8};

struct TemporaryFolder {
  TemporaryFolder()
      : path((std::filesystem::temp_directory_path() / concat("cutaway-gpu-", std::random_device{}()))
                 .string()) {}
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("every kernel's module says what it binds") {
  static_assert(std::size(kAllKernels) == kKernelCount);
  for (const Kernel kernel : kAllKernels)
    for (const NumberFormat& format : numberFormats())
      for (const LaneClass lanes : {LaneClass::lanes8, LaneClass::portable}) {
        const auto code = kernelCode(kernel, format.id, lanes);
        if (code.empty()) continue;
        CAPTURE(kernelName(kernel));
        CAPTURE(format.name);
        const ModuleFacts facts = require(reflect(code));
        CHECK(!facts.bindings.empty());
        CHECK(facts.pushConstants >= 4);
        CHECK(facts.pushConstants <= 128);  // the least that Vulkan promises
        CHECK(facts.workgroup[0] == (lanes == LaneClass::lanes8 && kernel != Kernel::linearMatrix ? 8
                                     : kernel == Kernel::linearOne    ? 1  // the host chooses
                                     : kernel == Kernel::linearMatrix ? kMatrixLanes
                                     : kernel == Kernel::linearMany   ? 64
                                                                      : 32));
      }
  CHECK(require(reflect(kernelCode(Kernel::linearOne, FormatId::q4_0, LaneClass::lanes8))).bindings.size() ==
        12);
  CHECK(require(reflect(kernelCode(Kernel::linearOne, FormatId::q4_0, LaneClass::lanes8))).pushConstants ==
        sizeof(LinearParams));
  CHECK(require(reflect(kernelCode(Kernel::attention, FormatId::f16, LaneClass::portable))).pushConstants ==
        sizeof(AttentionParams));
}

TEST_CASE("every number format has its kernels, every cache format too") {
  for (const NumberFormat& format : numberFormats())
    for (const LaneClass lanes : {LaneClass::lanes8, LaneClass::portable})
      for (const Kernel kernel : {Kernel::embed, Kernel::linearOne, Kernel::linearMany})
        CHECK_FALSE(kernelCode(kernel, format.id, lanes).empty());
  const auto onMatrices = [](FormatId format) {
    return !kernelCode(Kernel::linearMatrix, format, LaneClass::portable).empty();
  };
  for (const NumberFormat& format : numberFormats())
    CHECK(onMatrices(format.id) == (format.id != FormatId::f32 && onMatrices(FormatId::f16)));
  for (const FormatId format : {FormatId::f16, FormatId::f32})
    for (const Kernel kernel : {Kernel::storeKv, Kernel::ropeStore, Kernel::attention, Kernel::scores})
      CHECK_FALSE(kernelCode(kernel, format, LaneClass::portable).empty());
}

TEST_CASE("a broken module is refused") {
  const auto whole = kernelCode(Kernel::rmsNorm, FormatId::f32, LaneClass::lanes8);
  CHECK_FALSE(reflect({}).has_value());
  CHECK_FALSE(reflect(whole.first(4)).has_value());
  for (std::size_t length = 6; length < whole.size(); length += 37) {
    const auto facts =
        reflect(whole.first(length));  // cut inside an instruction, or between two: never a crash
    if (!facts) CHECK(facts.error().message.find("broken") != std::string::npos);
  }
  std::vector<std::uint32_t> words(whole.begin(), whole.end());
  words[5] = 0;  // an instruction of no words would never end
  CHECK_FALSE(reflect(words).has_value());
  words[0] = 1;
  CHECK_FALSE(reflect(words).has_value());
}

TEST_CASE("a pipeline cache file is believed only when it is this device's and whole") {
  VkPhysicalDeviceProperties device{};
  device.vendorID = 7;
  const std::vector<std::byte> data(1000, std::byte{42});
  const auto file = wrapCacheData(device, data);
  CHECK(std::ranges::equal(unwrapCacheData(device, file), data));
  for (const std::size_t at : {0u, 9u, 40u, 50u, 56u, 1055u}) {
    auto spoiled = file;
    spoiled[at] ^= std::byte{1};
    CHECK(unwrapCacheData(device, spoiled).empty());
  }
  CHECK(unwrapCacheData(device, std::span(file).first(900)).empty());
  CHECK(unwrapCacheData(device, std::span(file).first(10)).empty());
  device.pipelineCacheUUID[3] = 1;
  CHECK(unwrapCacheData(device, file).empty());
}

TEST_CASE("the pipeline cache is written, and read again, spoiled or not") {
  const TemporaryFolder folder;
  const auto open = [&] {
    const auto backend = require(createVulkanBackend(0, {.validation = true, .cacheFolder = folder.path}));
    checkSilent(*backend);
  };
  open();
  REQUIRE(std::filesystem::exists(folder.path));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path))
    std::ofstream(entry.path(), std::ios::binary | std::ios::app) << "spoiled";
  open();
}

TEST_CASE("values that live at the same time never share memory") {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    struct Life {
      std::uint32_t first, last;
    };
    Arena arena;
    std::vector<Life> lives;
    std::uint64_t sum = 0;
    for (int i = 0; i < 40; ++i) {
      const Arena::Id id = arena.add(1 + random() % 5000);
      const Life life{static_cast<std::uint32_t>(random() % 30), 0};
      lives.push_back({life.first, life.first + static_cast<std::uint32_t>(random() % 6)});
      arena.use(id, lives.back().last);
      arena.use(id, lives.back().first);
      sum += arena.bytes(id) + 64;
    }
    const std::uint64_t total = arena.place(64);
    CHECK(total <= sum);
    for (Arena::Id a = 0; a < lives.size(); ++a) {
      CHECK(arena.offset(a) % 64 == 0);
      CHECK(arena.offset(a) + arena.bytes(a) <= total);
      for (Arena::Id b = 0; b < a; ++b) {
        const bool together = lives[a].first <= lives[b].last && lives[b].first <= lives[a].last;
        const bool apart = arena.offset(a) + arena.bytes(a) <= arena.offset(b) ||
                           arena.offset(b) + arena.bytes(b) <= arena.offset(a);
        CHECK((!together || apart));
      }
    }
  }
}

TEST_CASE("repacked rows take what the file takes, rounded up to blocks of 8 rows and groups of 32 columns") {
  for (const NumberFormat& format : numberFormats()) {
    CAPTURE(format.name);
    const std::uint64_t bytes = matrixBytes(format.id, 1024, 4096), file = format.bytesFor(1024 * 4096);
    CHECK(bytes >= file);
    CHECK(bytes <= file + file / 6);  // Q6_K and Q5_K pay up to a twelfth for aligned pieces, Q2_K a seventh
    CHECK(matrixBytes(format.id, 1, 256) == matrixBytes(format.id, 8, 256));
  }
}

namespace {

CooperativeProduct product(std::uint32_t m, std::uint32_t n, std::uint32_t k) {
  return {.m = m, .n = n, .k = k, .halvesToFloats = true, .bySubgroup = true};
}

}  // namespace

TEST_CASE("cooperative matrices are used as the device lists them, or not at all") {
  const auto choose = [](std::uint32_t subgroup, std::vector<CooperativeProduct> products) {
    return chooseMatrices({.supported = true, .subgroupSize = subgroup, .products = std::move(products)});
  };
  using Some = std::optional<MatrixVariant>;
  CHECK(choose(32, {product(16, 8, 8), product(16, 8, 16), product(16, 16, 16)}) == Some({16, 16, 16, 32}));
  CHECK(choose(32, {product(16, 16, 16), product(16, 16, 32)}) == Some({16, 16, 16, 32}));
  CHECK(choose(64, {product(16, 16, 16)}) == Some({16, 16, 16, 64}));
  CHECK(choose(16, {product(8, 8, 16), product(8, 16, 16)}) == Some({8, 16, 16, 16}));
  CHECK(choose(8, {product(8, 8, 8)}) == Some({8, 8, 8, 8}));
  CHECK_FALSE(choose(128, {product(16, 16, 16)}));  // one subgroup cannot be two rows of them
  CHECK_FALSE(choose(24, {product(16, 16, 16)}));
  CHECK_FALSE(choose(8, {product(16, 16, 16)}));  // more subgroups than fragments
  CHECK_FALSE(choose(32, {product(32, 32, 16)}));
  CHECK_FALSE(choose(32, {product(12, 16, 16), product(16, 16, 4), product(0, 16, 16)}));
  CHECK_FALSE(choose(32, {}));
  CHECK_FALSE(chooseMatrices({.supported = false, .subgroupSize = 32, .products = {product(16, 16, 16)}}));
  for (bool CooperativeProduct::*member : {&CooperativeProduct::halvesToFloats,
                                           &CooperativeProduct::bySubgroup, &CooperativeProduct::saturates}) {
    CooperativeProduct other = product(16, 16, 16);
    other.*member = !(other.*member);
    CHECK_FALSE(choose(32, {other}));
    CHECK(choose(32, {other, product(16, 8, 16)}) == Some({16, 8, 16, 32}));
  }
}

TEST_CASE("a product on cooperative matrices is right when halves explain how far off it is") {
  const std::vector<double> expected = {0, 10, -3}, sizes = {4, 20, 5};
  const auto judge = [&](std::vector<float> found) { return judgeProduct(found, expected, sizes); };
  CHECK(judge({0, 10, -3}) == MatrixVerdict::right);
  CHECK(judge({0.003f, 10.01f, -2.997f}) == MatrixVerdict::right);
  CHECK(judge({0, 10.05f, -3}) == MatrixVerdict::wrong);
  CHECK(judge({0, 10, NAN}) == MatrixVerdict::wrong);
}

TEST_CASE("what was found about cooperative matrices is believed of the same driver and kernel alone") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/verdict.txt";
  const MatrixVerdictFile file(path, "driver 1, kernel 7 "), other(path, "driver 2, kernel 7 ");
  CHECK(file.read() == MatrixVerdict::unknown);
  for (const MatrixVerdict verdict : {MatrixVerdict::wrong, MatrixVerdict::right}) {
    file.write(verdict);
    CHECK(file.read() == verdict);
    CHECK(other.read() == MatrixVerdict::unknown);
  }
  std::ofstream(path) << "driver 1, kernel 7 perhaps";
  CHECK(file.read() == MatrixVerdict::unknown);
  const MatrixVerdictFile nowhere("", "driver 1, kernel 7 ");
  nowhere.write(MatrixVerdict::right);
  CHECK(nowhere.read() == MatrixVerdict::unknown);
}
