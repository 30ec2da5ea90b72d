#include "ui/views/word_view.h"

namespace cutaway {
namespace {
constexpr int kDelay = 60;  ///< ms a word is pointed at before the device is asked
}  // namespace

WordView::WordView(ViewData& data, QWidget* parent, Follows follows) : InspectorView(data, parent), m_follows(follows) {
  m_timer.setSingleShot(true);
  m_timer.setInterval(kDelay);
  connect(&m_timer, &QTimer::timeout, this, &WordView::ask);
}

void WordView::start() {
  Selection& selection = data().selection();
  connect(&selection, &Selection::changed, this, &WordView::askSoon);
  if (m_follows == Follows::hovered) connect(&selection, &Selection::hoverChanged, this, &WordView::askSoon);
  connect(&selection, &Selection::conversationChanged, this, &WordView::reset);
  connect(&data(), &ViewData::modelChanged, this, &WordView::reset);
  connect(&data(), &ViewData::actingEditsChanged, this, &WordView::askAnew);  // they act in what views ask, too
  reset();
}

void WordView::reset() {
  m_asked = {};
  if (!data().model()) {
    showNothing(tr("A model must be loaded to look inside it."));
  } else {
    showNothing(m_follows == Follows::hovered ? tr("Point at a word of an answer, or click it to keep it here.")
                                              : tr("Click a word of an answer."));
  }
  askSoon();
}

void WordView::askSoon() {
  if (looksAtWord()) m_timer.start();
}

void WordView::askAnew() {
  m_asked = {};
  askSoon();
}

void WordView::ask() {
  const Selection& selection = data().selection();
  const TokenRange word = m_follows == Follows::hovered ? selection.shown() : selection.tokens();
  if (!looksAtWord() || word.isEmpty() || word == m_asked) return;
  const StoredMessage* message = data().message(word.message);
  if (message == nullptr || word.first >= message->tokens.size()) return;
  if (askAbout(word, *message)) m_asked = word;
}

}  // namespace cutaway
