#include <doctest/doctest.h>

#include "core/cpu/cpu_backend.h"

using namespace cutaway;

TEST_CASE("the processor's read bandwidth is measured, and the memory for it given back") {
  const auto backend = createCpuBackend(2);
  const auto rate = backend->readBandwidth();
  REQUIRE(rate);
  CHECK(*rate > 1e7);
  CHECK(*rate < 1e13);
  CHECK(backend->ledger().used() == 0);
}
