// Lays items out in rows, as words in a line, centred.
#pragma once

#include <QLayout>
#include <QVector>

namespace cutaway {

class FlowLayout : public QLayout {
 public:
  explicit FlowLayout(int spacing) { setSpacing(spacing); }
  ~FlowLayout() override { qDeleteAll(m_items); }

  void addItem(QLayoutItem* item) override { m_items.append(item); }
  int count() const override { return static_cast<int>(m_items.size()); }
  QLayoutItem* itemAt(int index) const override { return m_items.value(index); }
  QLayoutItem* takeAt(int index) override {
    return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
  }
  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override { return arrange(QRect(0, 0, width, 0), false); }
  QSize sizeHint() const override { return minimumSize(); }
  QSize minimumSize() const override;
  void setGeometry(const QRect& rect) override {
    QLayout::setGeometry(rect);
    arrange(rect, true);
  }

 private:
  int arrange(const QRect& rect, bool place) const;  ///< returns the height

  QVector<QLayoutItem*> m_items;
};

}  // namespace cutaway
