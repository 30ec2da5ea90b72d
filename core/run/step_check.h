// The rules of Step, checked in one place for all backends.
#pragma once

#include "core/run/backend.h"

namespace cutaway {

/// Fails with the first rule that is broken: array lengths, tokens outside the vocabulary, sequences or pages
/// that do not exist, positions beyond a sequence's pages or not ascending within it, two tokens for one
/// cell, targets that are not one per wanted row, taps of no value or outside it, edits that do not fit, more tokens
/// than `maxTokens`.
Result<void> checkStep(const Step& step, const Graph& graph, const CacheShape& cache,
                       std::uint32_t maxTokens);

/// R: tokens of the step whose logits are wanted.
std::uint32_t wantedRows(const Step& step);

/// N of the step: the cells that its furthest token attends to.
std::uint32_t contextLength(const Step& step);

}  // namespace cutaway
