#include "ui/views/token_weights.h"

#include <algorithm>

namespace cutaway {
namespace {

/// The messages before an answer, oldest first.
QVector<const StoredMessage*> pathTo(const ViewData& data, qint64 answer) {
  QVector<const StoredMessage*> path;
  const StoredMessage* last = data.message(answer);
  for (qint64 id = last ? last->parent : 0; const StoredMessage* message = id != 0 ? data.message(id) : nullptr;
       id = message->parent)
    path.prepend(message);
  return path;
}

}  // namespace

QHash<qint64, TokenWeights> weightsByMessage(const ViewData& data, qint64 answer, const QStringList& pieces,
                                             int promptTokens, std::span<const float> row) {
  QHash<qint64, TokenWeights> weights;
  const int size = std::min(static_cast<int>(row.size()), static_cast<int>(pieces.size()));
  const float most = size > 1 ? *std::max_element(row.begin() + 1, row.begin() + size) : 0;
  const StoredMessage* written = data.message(answer);
  if (!(most > 0) || written == nullptr) return weights;
  const auto weightOf = [&](int token) { return token == 0 ? 0 : row[static_cast<std::size_t>(token)] / most; };

  QString text;
  QVector<int> starts;
  for (int token = 0; token < std::min(promptTokens, size); ++token) {
    starts << static_cast<int>(text.size());
    text += pieces[token];
  }
  starts << static_cast<int>(text.size());
  int from = 0;
  for (const StoredMessage* message : pathTo(data, answer)) {
    const QString words = message->text.trimmed();
    const auto at = words.isEmpty() ? -1 : static_cast<int>(text.indexOf(words, from));
    if (at < 0) continue;
    const int end = at + static_cast<int>(words.size()), shift = static_cast<int>(message->text.indexOf(words)) - at;
    TokenWeights& of = weights[message->id];
    for (int token = 0; token + 1 < starts.size(); ++token) {
      if (starts[token + 1] <= at || starts[token] >= end) continue;
      of.starts << std::max(starts[token], at) + shift;
      of.weights << weightOf(token);
    }
    of.starts << end + shift;
    from = end;
  }

  TokenWeights& own = weights[answer];
  int place = 0, token = promptTokens;
  for (const ChatToken& part : written->tokens) {
    if (part.id >= 0 && token >= size) break;
    own.starts << place;
    own.weights << (part.id >= 0 ? weightOf(token++) : 0);
    place += static_cast<int>(part.text.size());
  }
  own.starts << place;
  return weights;
}

}  // namespace cutaway
