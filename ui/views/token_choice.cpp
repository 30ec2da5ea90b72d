#include "ui/views/token_choice.h"

#include "ui/chat/token_tip.h"
#include "ui/theme.h"
#include "ui/views/view_parts.h"

namespace cutaway {

TokenChoice::TokenChoice(const QString& name, const QString& none) : m_box(new ChoiceBox), m_line(new QLineEdit) {
  m_box->setObjectName(name);
  m_box->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  m_box->addItem(none, QString());
  m_line->setObjectName(name + QStringLiteral("Text"));
  m_line->setAccessibleName(tr("The other token"));
  m_line->setPlaceholderText(tr("A token, with the space before it"));
  m_line->hide();
  QVBoxLayout* column = makeBody(this);
  column->addWidget(m_box);
  column->addWidget(m_line);
  setFocusProxy(m_box);
  connect(m_box, &QComboBox::currentIndexChanged, this,
          [this](int index) { m_line->setVisible(index > 0 && index + 1 == m_box->count()); });
}

void TokenChoice::setOffer(const QString& known, const QString& typed) {
  m_known = known;
  m_typed = typed;
  m_box->setAccessibleName(accessibleName());
  offer({});
}

void TokenChoice::offer(const ChatToken& word) {
  const QString before = m_box->currentData().toString();
  const bool typed = m_line->isVisibleTo(this);
  while (m_box->count() > 1) m_box->removeItem(1);
  for (const TokenAlternative& other : word.alternatives)
    if (other.text != word.text) m_box->addItem(m_known.arg(tokenLabel(other.text)), other.text);
  m_box->addItem(m_typed);
  m_box->setCurrentIndex(typed ? m_box->count() - 1 : qMax(0, m_box->findData(before)));
}

QString TokenChoice::text() const { return m_line->isVisibleTo(this) ? m_line->text() : m_box->currentData().toString(); }

Result<TokenId> tokenOfText(const Tokenizer& tokenizer, const std::string& text) {
  for (TokenId token = 0; token < static_cast<TokenId>(tokenizer.size()); ++token)
    if (tokenizer.piece(token, true) == text) return token;
  const std::vector<TokenId> tokens = tokenizer.encode(text, false, false);
  if (tokens.size() == 1) return tokens.front();
  std::string pieces;
  for (const TokenId token : tokens) pieces += concat(pieces.empty() ? "" : ", ", "\"", tokenizer.piece(token, true), "\"");
  return fail(ErrorKind::badInput, "\"", text, "\" is not one token but ", tokens.empty() ? "none" : pieces,
              "; words inside a sentence begin with a space");
}

}  // namespace cutaway
