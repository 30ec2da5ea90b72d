// Cuts an answer at the first stop string, across the pieces in which it arrives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cutaway {

class StopStrings {
 public:
  /// Empty ones are ignored. Of several matches the one that is complete first counts, so that it does not
  /// matter in which pieces the text arrives.
  explicit StopStrings(std::vector<std::string> strings);

  /// The text that is certain not to belong to a stop string. After a match: the text before it, once, then
  /// nothing.
  std::string append(std::string_view text);
  /// What was held back because a stop string might have begun in it. For the end.
  std::string finish();
  bool matched() const { return m_matched; }

 private:
  std::vector<std::string> m_strings;
  std::string m_held;
  bool m_matched = false;
};

}  // namespace cutaway
