// How fast the processor's threads together can read memory.
#pragma once

#include "core/base/result.h"
#include "core/base/thread_pool.h"
#include "core/run/ledger.h"

namespace cutaway {

/// Bytes per second, the best of a few rounds over memory larger than most caches; takes a fraction of a second. Fails
/// where that memory is not there.
Result<double> measureReadBandwidth(ThreadPool& pool, Ledger& ledger);

}  // namespace cutaway
