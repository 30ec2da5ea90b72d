// From what core tells of an answer to what the chat shows of it.
#pragma once

#include "core/run/generation.h"
#include "ui/store/store_data.h"

namespace cutaway {

ChatToken toChatToken(const TokenEvent& event, const Tokenizer& tokenizer);
/// The token, had it been chosen from this row.
ChatToken toChatToken(TokenId token, const LogitRow& row, float probability, const Tokenizer& tokenizer);
AnswerStats toAnswerStats(const Generation& generation);

}  // namespace cutaway
