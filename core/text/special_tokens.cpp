#include "core/text/special_tokens.h"

#include <algorithm>
#include <cstdint>

namespace cutaway {
namespace {

int byteAt(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : -1;
}

}  // namespace

SpecialTokens::SpecialTokens(std::vector<std::pair<std::string, TokenId>> texts) : m_texts(std::move(texts)) {
  std::erase_if(m_texts, [](const auto& entry) { return entry.first.empty(); });
  std::sort(m_texts.begin(), m_texts.end());
  for (const auto& [text, id] : m_texts) m_firstBytes[static_cast<std::uint8_t>(text[0])] = true;
}

SpecialTokens::Match SpecialTokens::longestAtStartOf(std::string_view text) const {
  Match best;
  if (text.empty() || !m_firstBytes[static_cast<std::uint8_t>(text[0])]) return best;
  // All texts in [low, high) share their first `depth` bytes with `text`; the one that ends there comes
  // first.
  auto low = m_texts.begin(), high = m_texts.end();
  for (std::size_t depth = 0; depth < text.size() && low != high; ++depth) {
    const int wanted = byteAt(text, depth);
    low = std::partition_point(low, high, [&](const auto& e) { return byteAt(e.first, depth) < wanted; });
    high = std::partition_point(low, high, [&](const auto& e) { return byteAt(e.first, depth) == wanted; });
    if (low != high && low->first.size() == depth + 1) best = {low->second, depth + 1};
  }
  return best;
}

}  // namespace cutaway
