// EngineWorker's looking half: questions of views about recorded tokens, each a job behind chat.
#include "core/inspect/recall.h"
#include "ui/base/thread_check.h"
#include "ui/engine/engine_worker.h"

namespace cutaway {
namespace {

constexpr std::uint32_t kContextSteps = 256;  ///< an own session serves later, somewhat longer questions too
constexpr auto kProgressInterval = std::chrono::milliseconds(50);

}  // namespace

InquiryMaker recallOf(const QStringList& names) {
  std::vector<std::string> plain;
  for (const QString& name : names) plain.push_back(name.toStdString());
  return [plain](const Model& model, std::vector<TokenId> tokens) -> Result<std::unique_ptr<Inquiry>> {
    return Recall::ofNames(model.description->graph(), std::move(tokens), plain);
  };
}

/// The recorded tokens, up to the one asked about.
Result<std::shared_ptr<Answer>> EngineWorker::recorded(const Question& question) {
  if (!m_loaded) return fail(ErrorKind::usage, "No model is loaded.");
  auto answer = std::make_shared<Answer>();
  answer->id = question.id;
  if (!question.messages.isEmpty()) answer->tokens = TRY(m_loaded->prompt.encode(question.messages));
  answer->promptTokens = static_cast<quint32>(answer->tokens.size());
  for (const qint32 token : question.answer) {
    if (token >= 0) answer->tokens.push_back(token);  // text that was held back to the end has none
  }
  answer->text = textOf();
  answer->encode = [model = m_loaded->model->description](const QString& text) {
    return model->tokenizer->encode(text.toStdString(), false, false);
  };
  for (const TokenId token : answer->tokens) answer->pieces += answer->text(token);
  return answer;
}

std::function<QString(TokenId)> EngineWorker::textOf() const {
  return [model = m_loaded->model->description](TokenId token) { return QString::fromStdString(model->tokenizer->piece(token, true)); };
}

void EngineWorker::refuse(RequestId id, const Error& error) {
  auto none = std::make_shared<Answer>();
  none->id = id;
  none->error = QString::fromStdString(error.message);
  Q_EMIT answered(std::move(none));
}

void EngineWorker::ask(const Question& question) {
  noteBlockingCall("EngineWorker::ask");
  dropQuestion(question.asker);
  watchSession();
  Result<std::shared_ptr<Answer>> recorded = this->recorded(question);
  if (!recorded) return refuse(question.id, recorded.error());
  if (question.makePair) return askPair(question, std::move(*recorded));
  Result<std::unique_ptr<Inquiry>> made = question.make(*m_loaded->model, (*recorded)->tokens);
  if (!made) return refuse(question.id, made.error());
  const Session& chat = *m_loaded->session;
  const bool own = (*made)->ownContext() > 0, acts = !own || (*made)->takes(chat.edits());
  if (!chat.edits().empty() && !(*made)->comparesEdits()) (*recorded)->edits = acts ? EditsSeen::acted : EditsSeen::left;
  auto standing = std::make_shared<const Edits>(own && acts ? chat.edits() : Edits());
  auto open = std::make_shared<OpenQuestion>(question.asker, std::move(*recorded));
  open->inquiry = std::move(*made);
  open->standing = std::move(standing);
  if (const double seconds = open->inquiry->expectedSeconds(chat); seconds > 0) Q_EMIT questionExpected(question.id, seconds);
  const JobPriority priority = own ? JobPriority::background : JobPriority::view;
  begin(std::move(open), priority);
}

void EngineWorker::begin(std::shared_ptr<OpenQuestion> open, JobPriority priority) {
  m_questions[open->asker] = m_thread.start(makeJob([this, open] { return stepQuestion(*open); }), priority);
}

void EngineWorker::dropQuestion(const QString& asker) {
  if (const auto found = m_questions.find(asker); found != m_questions.end()) {
    m_thread.cancel(found->second);
    m_questions.erase(found);
  }
}

void EngineWorker::dropQuestions() {
  for (const auto& [asker, job] : m_questions) m_thread.cancel(job);
  m_questions.clear();
  m_kept.clear();
  m_ownSession.reset();
}

/// The session that the inquiry runs on; one of its own is kept for the next one, without the edits of the one before.
Result<Session*> EngineWorker::sessionFor(const OpenQuestion& open) {
  const std::uint32_t wanted = open.inquiry->ownContext();
  if (wanted == 0) return m_loaded->session.get();
  if (!m_ownSession || m_ownSession->context() < wanted) {
    m_ownSession.reset();
    const std::uint32_t context = (wanted + kContextSteps - 1) / kContextSteps * kContextSteps;
    m_ownSession = TRY(Session::create(m_loaded->model, {.context = context, .cacheFormat = m_loaded->choice.cacheFormat}));
  }
  if (std::exchange(m_ownSessionUser, open.answer->id) != open.answer->id)
    TRY(m_ownSession->setEdits(std::make_shared<const Edits>()));
  TRY(m_ownSession->setStandingEdits(open.standing));
  return m_ownSession.get();
}

Job::State EngineWorker::stepQuestion(OpenQuestion& open) {
  noteBlockingCall("EngineWorker::step");
  if (!m_loaded) return Job::State::done;
  if (open.pairInquiry && !m_companion) return Job::State::done;
  const auto step = [&]() -> Result<bool> {
    if (open.pairInquiry) return open.pairInquiry->step(*m_loaded->session, m_companion->session());
    return open.inquiry->step(*TRY(sessionFor(open)));
  };
  const Result<bool> more = step();
  if (more && *more) {
    if (Clock::now() - open.told >= kProgressInterval) {
      open.told = Clock::now();
      Q_EMIT questionProgress(open.answer->id, open.pairInquiry ? open.pairInquiry->progress() : open.inquiry->progress());
    }
    return Job::State::more;
  }
  m_questions.erase(open.asker);
  if (!more) {
    refuse(open.answer->id, more.error());
    return Job::State::done;
  }
  if (open.pairInquiry) m_kept[open.asker] = open.pairInquiry->takeKept();
  open.answer->inquiry = std::move(open.inquiry);
  open.answer->pairInquiry = std::move(open.pairInquiry);
  Q_EMIT answered(std::move(open.answer));
  return Job::State::done;
}

}  // namespace cutaway
