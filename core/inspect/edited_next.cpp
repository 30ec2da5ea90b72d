#include "core/inspect/edited_next.h"

#include <algorithm>
#include <cmath>

namespace cutaway {

Result<std::unique_ptr<EditedNext>> EditedNext::create(const Model& model, std::vector<TokenId> tokens,
                                                       std::shared_ptr<const Edits> edits) {
  if (tokens.empty()) return fail(ErrorKind::badInput, "the text has no tokens; give at least one");
  const Graph& graph = model.description->graph();
  for (const Edit& edit : *edits) TRY(validate(graph, edit));
  const auto last = static_cast<std::uint32_t>(tokens.size()) - 1;
  const std::uint32_t first = std::min(firstAffected(graph, {}, *edits), last);
  std::vector<Variant> variants{{.kept = last, .resume = last},
                                {.kept = first, .resume = first, .edits = std::move(edits)}};
  return std::unique_ptr<EditedNext>(
      new EditedNext(Variants(std::move(tokens), std::move(variants), {.fullLogits = true})));
}

double probability(const LogitRow& row, TokenId token) {
  return std::exp(double{row.logits[static_cast<std::size_t>(token)]} - double{row.logSumExp});
}

}  // namespace cutaway
