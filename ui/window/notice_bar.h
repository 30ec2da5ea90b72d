// A sentence with what can be done about it, above the composer: errors, undo. It never blocks.
#pragma once

#include <QFrame>
#include <functional>

class QHBoxLayout;
class QLabel;
class QPushButton;

namespace cutaway {

class NoticeBar : public QFrame {
  Q_OBJECT

 public:
  enum class Kind { information, problem };

  explicit NoticeBar(QWidget* parent = nullptr);

  /// Replaces what is shown. `action` may be empty; choosing it dismisses the notice first.
  void show(Kind kind, const QString& sentence, const QString& action = {}, std::function<void()> act = {});
  void dismiss();
  QString sentence() const;  ///< empty when nothing is shown

 private:
  void restyle();

  QLabel* m_text;
  QPushButton* m_action;
  QPushButton* m_dismiss;
  Kind m_kind = Kind::information;
  std::function<void()> m_act;
};

}  // namespace cutaway
