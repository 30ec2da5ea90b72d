#include "core/base/utf8.h"
#include "core/text/tokenizer.h"

namespace cutaway {

std::string Utf8Stream::append(std::string_view bytes) {
  const std::string joined = std::exchange(m_pending, {}).append(bytes);
  std::string out;
  for (std::string_view rest = joined; !rest.empty();) {
    const Utf8Char next = readUtf8(rest);
    if (next.incomplete) {
      m_pending = rest;
      break;
    }
    out.append(next.code == kNoCharacter ? kReplacement : rest.substr(0, next.length));
    rest.remove_prefix(next.length);
  }
  return out;
}

std::string Utf8Stream::finish() {
  return std::exchange(m_pending, {}).empty() ? "" : std::string(kReplacement);
}

}  // namespace cutaway
