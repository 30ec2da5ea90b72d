#include "core/run/ledger.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "core/run/backend.h"

using namespace cutaway;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

/// A device of fixed size whose free memory is what the ledger has not given out.
struct Device {
  std::uint64_t size = 0;
  Ledger ledger{"Test GPU", [this] { return size - ledger.used(); }};
};

}  // namespace

TEST_CASE("a reservation is counted by class and given back when it ends") {
  Device device{100 * kMiB};
  {
    auto weights = device.ledger.reserve(MemoryClass::weights, 40 * kMiB, "weights of demo");
    REQUIRE(weights);
    CHECK(weights->bytes() == 40 * kMiB);
    Reservation moved = std::move(*weights);
    CHECK(weights->bytes() == 0);
    const auto cache = device.ledger.reserve(MemoryClass::cache, kMiB, "cache");
    REQUIRE(cache);
    CHECK(device.ledger.used(MemoryClass::weights) == 40 * kMiB);
    CHECK(device.ledger.used(MemoryClass::cache) == kMiB);
    CHECK(device.ledger.used() == 41 * kMiB);
    CHECK(device.ledger.available() == 59 * kMiB);
    CHECK_FALSE(device.ledger.reserve(MemoryClass::scratch, 60 * kMiB, "scratch"));
    moved = Reservation();
    CHECK(device.ledger.used(MemoryClass::weights) == 0);
  }
  CHECK(device.ledger.used() == 0);
}

TEST_CASE("what does not fit is refused with both numbers, and changes nothing") {
  Device device{2048 * kMiB};
  const auto refused = device.ledger.reserve(MemoryClass::weights, 4198 * kMiB, "weights of llama-8b");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::outOfMemory);
  CHECK(refused.error().message == "weights of llama-8b need 4.1 GiB, but Test GPU has only 2.0 GiB free");
  CHECK(device.ledger.used() == 0);
  CHECK(device.ledger.fits(2048 * kMiB));
  CHECK_FALSE(device.ledger.fits(2048 * kMiB + 1));
  CHECK(device.ledger.reserve(MemoryClass::weights, 2048 * kMiB, "all of it"));
}

TEST_CASE("reserving and giving back from many threads loses no byte") {
  Device device{100 * kMiB};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const auto memoryClass = static_cast<MemoryClass>((t + i) % kMemoryClassCount);
        const auto held = device.ledger.reserve(memoryClass, static_cast<std::uint64_t>(i), "a piece");
        CHECK(device.ledger.used() >= (held ? held->bytes() : 0));
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(device.ledger.used() == 0);
}

TEST_CASE("bytes are written as people read them") {
  CHECK(formatBytes(0) == "0 bytes");
  CHECK(formatBytes(1023) == "1023 bytes");
  CHECK(formatBytes(1024) == "1.0 KiB");
  CHECK(formatBytes(kMiB - 1) == "1.0 MiB");
  CHECK(formatBytes(1536 * kMiB) == "1.5 GiB");
  CHECK(formatBytes(~std::uint64_t{0}) == "16384.0 PiB");
}

TEST_CASE("every memory class has a name") {
  for (std::size_t i = 0; i < kMemoryClassCount; ++i)
    CHECK(std::string_view(memoryClassName(static_cast<MemoryClass>(i))).size() > 0);
  CHECK(std::string_view(memoryClassName(MemoryClass::archive)) == "archive");
}

TEST_CASE("the host says how much memory is free") {
  CHECK(freeHostMemory() > kMiB);
  CHECK(freeHostMemory() % 1024 == 0);
}

TEST_CASE("a cache holds keys and values of every layer in whole pages") {
  const CacheShape shape{
      .layers = 5, .keyValueHeads = 4, .headWidth = 8, .pages = 3, .format = FormatId::f16};
  CHECK(shape.bytes() == 2 * 5 * 4 * 8 * (3 * 32) * 2);
  const CacheShape large{
      .layers = 128, .keyValueHeads = 64, .headWidth = 256, .pages = 1 << 16, .format = FormatId::f32};
  CHECK(large.bytes() == std::uint64_t{2} * 128 * 64 * 256 * (std::uint64_t{1} << 21) * 4);
}
