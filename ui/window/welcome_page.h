// The empty chat: what this model is, example prompts to click, and the way to a real model.
#pragma once

#include <QWidget>

#include "ui/engine/engine_data.h"

class QLabel;
class QPushButton;

namespace cutaway {

class WelcomePage : public QWidget {
  Q_OBJECT

 public:
  explicit WelcomePage(QWidget* parent = nullptr);

  void setModel(const LoadedModel* model);  ///< null: none is loaded

 Q_SIGNALS:
  void promptChosen(const QString& prompt);
  void openRequested();
  void compareRequested();  ///< with the same model in 4 bits

 private:
  QLabel* m_title;
  QLabel* m_text;
  QWidget* m_examples;
  QPushButton *m_open, *m_compare;
};

}  // namespace cutaway
