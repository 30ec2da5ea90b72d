#include "ui/views/edit_book.h"

#include <algorithm>
#include <utility>

namespace cutaway {

QStringList EditBook::chosen() const {
  QStringList texts;
  for (const Item& item : m_now.items)
    if (item.on) texts += item.text;
  return texts;
}

bool EditBook::change(State next) {
  m_steering.clear();
  next.inChat = next.inChat && std::ranges::any_of(next.items, &Item::on);
  if (next == m_now) return false;
  m_past.push_back(std::exchange(m_now, std::move(next)));
  Q_EMIT changed();
  return true;
}

void EditBook::add(const QString& text) {
  State next = m_now;
  next.items.push_back({text, true});
  change(std::move(next));
}

void EditBook::remove(int row) {
  if (row < 0 || row >= static_cast<int>(m_now.items.size())) return;
  State next = m_now;
  next.items.erase(next.items.begin() + row);
  change(std::move(next));
}

void EditBook::setOn(int row, bool on) {
  State next = m_now;
  next.items.at(static_cast<std::size_t>(row)).on = on;
  change(std::move(next));
}

void EditBook::setInChat(bool inChat) {
  State next = m_now;
  next.inChat = inChat;
  change(std::move(next));
}

void EditBook::undo() {
  if (m_past.empty()) return;
  m_steering.clear();
  m_now = m_past.back();
  m_past.pop_back();
  Q_EMIT changed();
}

void EditBook::steer(const QString& mark, const QString& text) {
  State next = m_now;
  const auto known = std::ranges::find_if(next.items, [&](const Item& item) { return item.text.contains(mark); });
  if (text.isEmpty()) {
    if (known == next.items.end()) return;
    next.items.erase(known);
  } else {
    if (!next.inChat)
      for (Item& item : next.items) item.on = false;
    if (known == next.items.end()) {
      next.items.push_back({text, true});
    } else {
      *known = {text, true};
    }
    next.inChat = true;
  }
  const bool goesOn = m_steering == mark && !m_past.empty();
  if (change(std::move(next)) && goesOn) m_past.pop_back();
  m_steering = mark;
}

void EditBook::refuse() {
  if (!m_now.inChat) return;
  m_now.inChat = false;
  Q_EMIT changed();
}

}  // namespace cutaway
