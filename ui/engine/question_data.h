// A question about recorded tokens, asked by a view, and its answer: plain, immutable values.
#pragma once

#include <QStringList>

#include "core/inspect/inquiry.h"
#include "core/inspect/live_lens.h"
#include "core/inspect/live_rows.h"
#include "core/inspect/pair_inquiry.h"
#include "ui/engine/engine_data.h"

namespace cutaway {

/// Called on the engine thread, with the recorded tokens up to the one that is asked about.
using InquiryMaker =
    std::function<Result<std::unique_ptr<Inquiry>>(const Model& model, std::vector<TokenId> tokens)>;

/// The same for two models. `kept`: what the asker's last one left (PairInquiry::takeKept) about these models; or null.
using PairInquiryMaker = std::function<Result<std::unique_ptr<PairInquiry>>(
    const std::shared_ptr<const Model>& first, const std::shared_ptr<const Model>& second, std::vector<TokenId> tokens,
    std::shared_ptr<void> kept)>;

/// About one token of a conversation, or all up to it.
struct Question {
  RequestId id = 0;
  QString asker;                    ///< its earlier question, if not answered, is dropped
  QVector<PromptMessage> messages;  ///< up to the user's message; none: the model itself is asked about, without a text
  /// Ids of the answer's tokens, up to the one asked about. Empty: the prompt's last token is asked about.
  QVector<qint32> answer;
  InquiryMaker make;
  PairInquiryMaker makePair = {};  ///< in place of `make`: about the chat's model and the second one
};

/// What those edits that act in the chat did when a question was answered.
enum class EditsSeen : quint8 {
  none,   ///< there were none
  acted,  ///< they acted
  left,   ///< there were some, and they did not act
};

struct Answer {
  RequestId id = 0;
  std::vector<TokenId> tokens;  ///< all that were recorded; the last one is the one asked about; or none
  QStringList pieces;           ///< their texts
  quint32 promptTokens = 0;     ///< of them, before the answer's first
  QString error;                ///< one sentence, and no inquiry; or empty
  EditsSeen edits = EditsSeen::none;
  std::shared_ptr<const Inquiry> inquiry;  ///< finished; of the kind that was asked for
  std::shared_ptr<const PairInquiry> pairInquiry;  ///< or this one
  std::function<QString(TokenId)> text;    ///< of any token of the model
  std::function<std::vector<TokenId>(const QString&)> encode;  ///< plain text to tokens, without what begins a text
};

/// A column of the live lens, with what its tokens read.
struct LiveColumn {
  LiveLensColumn column;
  std::function<QString(TokenId)> text;
};

/// Inner values of the token by the names of `cutaway-cli graph`: answered by a Recall.
InquiryMaker recallOf(const QStringList& names);

}  // namespace cutaway
