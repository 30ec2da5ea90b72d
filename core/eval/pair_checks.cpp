// What has to hold before two models read one text together.
#include <algorithm>

#include "core/eval/comparison.h"

namespace cutaway {
namespace {

std::string nameOf(const ModelDescription& model) { return model.file.source.name; }

std::string shown(const Tokenizer& tokenizer, TokenId token) {
  return token < 0 ? "none" : concat('"', tokenizer.text(token), '"');
}

constexpr const char* kAdvice = "; models read a text together only where they have the same tokenizer";

}  // namespace

Result<void> checkSameTokens(const ModelDescription& a, const ModelDescription& b) {
  const Tokenizer &first = *a.tokenizer, &second = *b.tokenizer;
  const auto differ = [&](const auto&... parts) {
    return fail(ErrorKind::badInput, nameOf(a), " and ", nameOf(b), " have different tokens: ", parts..., kAdvice);
  };
  const auto common = static_cast<TokenId>(std::min(first.size(), second.size()));
  for (TokenId token = 0; token < common; ++token)
    if (first.text(token) != second.text(token))
      return differ("token ", token, " is ", shown(first, token), " in the first and ", shown(second, token),
                    " in the second");
  if (first.size() != second.size()) return differ("the first has ", first.size(), ", the second ", second.size());
  if (first.family() != second.family() || first.splitRule() != second.splitRule())
    return differ("the first cuts text by the rule ", first.family(), " ", first.splitRule(), ", the second by ",
                  second.family(), " ", second.splitRule());
  return {};
}

std::uint32_t sharedVocabulary(const ModelDescription& a, const ModelDescription& b) {
  const std::uint32_t rows = a.graph().vocabulary;
  return rows == b.graph().vocabulary ? rows : static_cast<std::uint32_t>(a.tokenizer->size());
}

Result<void> checkFitTogether(std::span<const ModelDescription* const> models, Backend& backend,
                              std::uint32_t context, FormatId cacheFormat) {
  const std::uint64_t available = backend.ledger().available();
  std::uint64_t needed = 0;
  std::string each;
  for (const ModelDescription* model : models) {
    const std::uint64_t bytes = estimateMemory(*model, backend, context, cacheFormat).total();
    needed += bytes;
    each += concat(each.empty() ? "" : ", ", nameOf(*model), " ", formatBytes(bytes));
  }
  if (needed <= available) return {};
  return fail(ErrorKind::outOfMemory, "together the models need ", formatBytes(needed), " (", each, "), but ",
              backend.device().name, " has only ", formatBytes(available),
              " free; smaller quantizations, a shorter --context, or another device for one of them would help");
}

}  // namespace cutaway
