#include "ui/views/view_question.h"

namespace cutaway {

ViewQuestion::ViewQuestion(ViewData& data, const QString& asker, QObject* parent)
    : QObject(parent), m_data(data), m_asker(asker) {
  connect(&data, &ViewData::questionExpected, this, [this](quint64 request, double seconds) {
    if (request == m_id && isOpen()) Q_EMIT expected(seconds);
  });
  connect(&data, &ViewData::questionProgress, this, [this](quint64 request, double done) {
    if (request == m_id && isOpen()) Q_EMIT progressed(done);
  });
  connect(&data, &ViewData::answered, this, [this](const std::shared_ptr<const Answer>& answer) {
    if (answer->id != m_id || !isOpen()) return;
    close();
    Q_EMIT answered(*answer);
  });
}

bool ViewQuestion::ask(qint64 message, int tokens, InquiryMaker make) {
  return open(m_data.ask(m_asker, message, tokens, std::move(make)));
}

bool ViewQuestion::askPair(qint64 message, int tokens, PairInquiryMaker make) {
  return open(m_data.askPair(m_asker, message, tokens, std::move(make)));
}

bool ViewQuestion::open(RequestId id) {
  if (id == 0) return false;
  m_id = id;
  Q_EMIT opened();
  return true;
}

void ViewQuestion::drop() {
  Q_EMIT forgotten();
  if (!isOpen()) return;
  Q_EMIT m_data.questionDropped(m_asker);
  close();
  Q_EMIT dropped();
}

void ViewQuestion::close() {
  m_id = 0;
  Q_EMIT closed();
}

}  // namespace cutaway
