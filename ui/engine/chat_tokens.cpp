#include "ui/engine/chat_tokens.h"

#include <cmath>

namespace cutaway {
namespace {

constexpr std::size_t kAlternatives = 10;

QString textOf(const Tokenizer& tokenizer, TokenId token) {
  return QString::fromStdString(tokenizer.piece(token, true));
}

}  // namespace

ChatToken toChatToken(const TokenEvent& event, const Tokenizer& tokenizer) {
  ChatToken token;
  token.text = QString::fromStdString(event.text);
  token.id = event.token;
  token.probability = event.probability;
  token.entropy = event.entropy;
  token.alternatives.reserve(static_cast<qsizetype>(event.alternatives.size()));
  for (const Alternative& other : event.alternatives)
    token.alternatives.append({textOf(tokenizer, other.token), other.probability});
  return token;
}

ChatToken toChatToken(TokenId id, const LogitRow& row, float probability, const Tokenizer& tokenizer) {
  ChatToken token;
  token.text = textOf(tokenizer, id);
  token.id = id;
  token.probability = probability;
  token.entropy = row.entropy;
  for (const TokenLogit& top : std::span(row.top).first(std::min(kAlternatives, row.top.size())))
    token.alternatives.append({textOf(tokenizer, top.token), std::exp(top.logit - row.logSumExp)});
  return token;
}

AnswerStats toAnswerStats(const Generation& generation) {
  const GenerationStats& stats = generation.stats();
  AnswerStats answer;
  answer.promptTokens = static_cast<qint32>(stats.promptTokens);
  answer.reusedTokens = static_cast<qint32>(stats.reusedTokens);
  answer.generatedTokens = static_cast<qint32>(stats.generatedTokens);
  answer.secondsToFirst = stats.timeToFirstToken;
  answer.promptRate = stats.promptRate();
  answer.generateRate = stats.generateRate();
  // The command line calls a full context "length" too; here the difference matters.
  const bool contextFull = generation.reason() == StopReason::contextFull;
  answer.stopReason = QLatin1String(contextFull ? "context" : stopReasonName(generation.reason()));
  return answer;
}

}  // namespace cutaway
