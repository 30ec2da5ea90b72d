#include "core/inspect/inquiry.h"

namespace cutaway {

Result<void> checkToken(const Graph& graph, TokenId token) {
  if (token >= -1 && token < static_cast<TokenId>(graph.vocabulary)) return {};
  return fail(ErrorKind::badInput, "token ", token, " is not in the vocabulary, which has 0 to ", graph.vocabulary - 1);
}

Result<void> finish(Inquiry& inquiry, Session& session) {
  while (TRY(inquiry.step(session))) {
  }
  return {};
}

}  // namespace cutaway
