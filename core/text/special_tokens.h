// Finds the longest of many texts that begins at a place, at a cost that does not depend on how many there
// are.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/vocabulary.h"

namespace cutaway {

class SpecialTokens {
 public:
  struct Match {
    TokenId id = -1;
    std::size_t length = 0;  ///< 0: nothing begins here
  };

  SpecialTokens() = default;
  /// Texts with their ids, in any order; empty texts are left out.
  explicit SpecialTokens(std::vector<std::pair<std::string, TokenId>> texts);

  Match longestAtStartOf(std::string_view text) const;

 private:
  std::vector<std::pair<std::string, TokenId>> m_texts;  ///< sorted by text
  std::array<bool, 256> m_firstBytes{};
};

}  // namespace cutaway
