#include "core/run/model.h"

#include <doctest/doctest.h>

#include "support/fake_backend.h"

using namespace cutaway;

namespace {

constexpr std::uint64_t kWeights = 256 * 8 * 4;

std::string loadError(const test::FakeOptions& options) {
  auto backend = std::make_shared<test::FakeBackend>(options);
  const auto model = loadModel(test::fakeDescription(options), backend);
  REQUIRE_FALSE(model);
  CHECK(model.error().kind == ErrorKind::outOfMemory);
  CHECK(backend->ledger().used() == 0);
  return model.error().message;
}

}  // namespace

TEST_CASE("an estimate counts weights, cache in whole pages and scratch") {
  const test::FakeOptions options{.contextLength = 1000, .memory = 100000};
  test::FakeBackend backend(options);
  const auto description = test::fakeDescription(options);
  const auto estimate = estimateMemory(*description, backend, 100, FormatId::f32);
  CHECK(estimate.weights == kWeights);
  CHECK(estimate.cache == 128 * 64);
  CHECK(estimate.scratch == 512 * 16);
  CHECK(estimate.available == 100000);
  CHECK(estimate.context == 100);
  CHECK(estimate.fits());
  CHECK(estimate.longestContext == 1000);
  CHECK_FALSE(estimateMemory(*description, backend, 2000, FormatId::f32).fits());
}

TEST_CASE("the longest context is the longest that fits") {
  for (const std::uint64_t extra : {0u, 2047u, 2048u, 5000u, 40000u}) {
    const test::FakeOptions options{.contextLength = 1000, .memory = kWeights + 512 * 16 + extra};
    test::FakeBackend backend(options);
    const auto description = test::fakeDescription(options);
    const auto estimate = estimateMemory(*description, backend, 0, FormatId::f32);
    CAPTURE(extra);
    CHECK(estimate.longestContext == extra / 2048 * 32);
    if (estimate.longestContext == 0) continue;
    CHECK(estimate.context == estimate.longestContext);
    CHECK(estimate.fits());
    CHECK_FALSE(estimateMemory(*description, backend, estimate.longestContext + 1, FormatId::f32).fits());
  }
}

TEST_CASE("weights that do not fit give a longest context of 0") {
  const test::FakeOptions options{.memory = 1000};
  test::FakeBackend backend(options);
  const auto estimate = estimateMemory(*test::fakeDescription(options), backend, 0, FormatId::f16);
  CHECK(estimate.longestContext == 0);
  CHECK_FALSE(estimate.fits());
}

TEST_CASE("a model that does not fit is refused before anything is allocated, saying what would fit") {
  CHECK(loadError({.memory = 5000}) ==
        "the weights of fake need 8.0 KiB, but Fake has only 4.9 KiB free; the model quantized to F16 would "
        "fit");
  CHECK(loadError({.memory = 1200}) ==
        "the weights of fake need 8.0 KiB, but Fake has only 1.2 KiB free; the model quantized to Q4_0 would "
        "fit");
  CHECK(loadError({.memory = 100}) ==
        "the weights of fake need 8.0 KiB, but Fake has only 100 bytes free; close "
        "other programs or choose a smaller model");
  CHECK(
      loadError({.memory = 100, .kind = DeviceKind::discrete})
          .starts_with(
              "the weights of fake need 8.0 KiB, but Fake has only 100 bytes free; the CPU would hold it as "
              "it is, with "));
}

TEST_CASE("loading tells its progress and can be stopped") {
  const test::FakeOptions options;
  auto backend = std::make_shared<test::FakeBackend>(options);
  std::uint64_t seen = 0;
  const auto model = loadModel(test::fakeDescription(options), backend,
                               [&](std::uint64_t done, std::uint64_t total) { seen = done * 100 / total; });
  REQUIRE(model);
  CHECK(seen == 100);
  CHECK((*model)->loadSeconds >= 0);
  CHECK(backend->ledger().used(MemoryClass::weights) == kWeights);

  std::stop_source stop;
  stop.request_stop();
  const auto stopped = loadModel(test::fakeDescription(options), backend, {}, stop.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::cancelled);
  CHECK(backend->ledger().used(MemoryClass::weights) == kWeights);
}
