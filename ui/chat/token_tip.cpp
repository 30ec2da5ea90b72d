#include "ui/chat/token_tip.h"

#include <QGuiApplication>
#include <QPainter>
#include <QScreen>
#include <algorithm>
#include <cmath>

#include "ui/chat/chat_style.h"

namespace cutaway {

namespace {

constexpr int kPad = Theme::kGrid * 3 / 2;
constexpr int kBarWidth = 96, kNumberWidth = 64, kWidestText = 180, kRow = 20;

}  // namespace

QString tokenLabel(const QString& text) {
  if (text.isEmpty()) return ChatText::tr("(part of a character)");
  QString shown;
  for (QChar c : text) {
    const char16_t u = c.unicode();
    if (u == u' ')
      shown += QChar(0x2423);
    else if (u == u'\n')
      shown += QChar(0x23CE);
    else if (u == u'\t')
      shown += QChar(0x21E5);
    else if (u < 0x20)
      shown += QChar(0x2400 + u);
    else
      shown += c;
  }
  return shown;
}

QString percentText(float probability) {
  if (probability < 0.001f) return ChatText::tr("< 0.1 %");
  return ChatText::tr("%1 %").arg(QLocale().toString(double(probability) * 100, 'f', 1));
}

QString describeToken(const ChatToken& token) {
  QStringList lines{
      ChatText::tr("Token %1, number %2").arg(tokenLabel(token.text)).arg(token.id),
      ChatText::tr("probability %1, entropy %2 nats")
          .arg(percentText(token.probability), QLocale().toString(double(token.entropy), 'f', 2))};
  for (const TokenAlternative& other : token.alternatives)
    lines << ChatText::tr("%1: %2").arg(tokenLabel(other.text), percentText(other.probability));
  return lines.join(u'\n');
}

TokenTip::TokenTip(QWidget* parent) : QWidget(parent, Qt::ToolTip | Qt::FramelessWindowHint) {
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setAttribute(Qt::WA_ShowWithoutActivating);
  setFocusPolicy(Qt::NoFocus);
}

QFont TokenTip::headFont() const {
  QFont font = parentWidget()->font();
  font.setWeight(QFont::DemiBold);
  return font;
}

QFont TokenTip::smallFont() const { return ChatStyle(parentWidget()->font()).small; }

QString TokenTip::facts() const {
  return ChatText::tr("probability %1   entropy %2 nats   number %3")
      .arg(percentText(m_token.probability), QLocale().toString(double(m_token.entropy), 'f', 2))
      .arg(m_token.id);
}

QSize TokenTip::sizeHint() const {
  const QFontMetrics head(headFont()), small(smallFont());
  int widest = 0;
  const auto rows = std::min<qsizetype>(kMostAlternatives, m_token.alternatives.size());
  for (qsizetype i = 0; i < rows; ++i)
    widest = std::max(widest, head.horizontalAdvance(tokenLabel(m_token.alternatives[i].text)));
  const int list = std::min(widest, kWidestText) + kNumberWidth + kBarWidth + 2 * Theme::kGrid;
  const int width = std::max({small.horizontalAdvance(facts()), list,
                              std::min(head.horizontalAdvance(tokenLabel(m_token.text)), 2 * kWidestText)});
  const int height = head.height() + Theme::kGrid / 2 + small.height() +
                     (rows > 0 ? Theme::kGrid * 3 / 2 + int(rows) * kRow : 0);
  return {width + 2 * kPad, height + 2 * kPad};
}

void TokenTip::showFor(const ChatToken& token, const QRect& anchor) {
  m_token = token;
  setAccessibleDescription(describeToken(token));
  const QSize size = sizeHint();
  const QScreen* screen = QGuiApplication::screenAt(anchor.center());
  if (!screen) screen = QGuiApplication::primaryScreen();
  const QRect room = screen->availableGeometry();
  QPoint corner = anchor.bottomLeft() + QPoint(0, Theme::kGrid / 2);
  if (corner.y() + size.height() > room.bottom())
    corner.setY(anchor.top() - size.height() - Theme::kGrid / 2);
  corner.setX(std::clamp(corner.x(), room.left(), std::max(room.left(), room.right() - size.width())));
  setGeometry(QRect(corner, size));
  update();
  show();
}

void TokenTip::paintEvent(QPaintEvent*) {
  const ThemeColours& c = Theme::instance().colours();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), c.panel);
  painter.setPen(mixPerceptually(c.hairline, c.mutedText, 0.3f));
  painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));

  const QFontMetrics head(headFont()), small(smallFont());
  QRect line(kPad, kPad, width() - 2 * kPad, head.height());
  painter.setFont(headFont());
  painter.setPen(c.text);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter,
                   head.elidedText(tokenLabel(m_token.text), Qt::ElideRight, line.width()));
  line = QRect(kPad, line.bottom() + 1 + Theme::kGrid / 2, line.width(), small.height());
  painter.setFont(smallFont());
  painter.setPen(c.mutedText);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, facts());

  int y = line.bottom() + 1 + Theme::kGrid;
  if (m_token.alternatives.isEmpty()) return;
  painter.fillRect(QRect(kPad, y - Theme::kGrid / 2, width() - 2 * kPad, 1), c.hairline);
  y += Theme::kGrid / 2;
  const int barLeft = width() - kPad - kBarWidth, numberRight = barLeft - Theme::kGrid;
  for (qsizetype i = 0; i < m_token.alternatives.size() && i < kMostAlternatives; ++i, y += kRow) {
    const TokenAlternative& other = m_token.alternatives[i];
    const bool chosen = other.text == m_token.text;
    painter.setFont(chosen ? headFont() : parentWidget()->font());
    painter.setPen(chosen ? c.accent : c.text);
    const QRect name(kPad, y, numberRight - kNumberWidth - kPad, kRow);
    painter.drawText(
        name, Qt::AlignLeft | Qt::AlignVCenter,
        QFontMetrics(painter.font()).elidedText(tokenLabel(other.text), Qt::ElideRight, name.width()));
    painter.setFont(smallFont());
    painter.setPen(c.mutedText);
    painter.drawText(QRect(numberRight - kNumberWidth, y, kNumberWidth, kRow),
                     Qt::AlignRight | Qt::AlignVCenter, percentText(other.probability));
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.accentTint);
    const QRectF track(barLeft, y + kRow / 2.0 - 3, kBarWidth, 6);
    painter.drawRoundedRect(track, 3, 3);
    const qreal filled = kBarWidth * std::clamp(double(other.probability), 0.0, 1.0);
    if (filled < 0.5) continue;
    painter.setBrush(c.accent);
    painter.drawRoundedRect(QRectF(track.topLeft(), QSizeF(std::max(filled, 2.0), 6)),
                            std::min(3.0, filled / 2), 3);
  }
}

}  // namespace cutaway
