// The window that measures many models at once: a table, pictures of size and speed against KL, samples, and reports.
#pragma once

#include <QDialog>

#include "ui/table/table_choices.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;
class QTabWidget;

namespace cutaway {

class ParetoPlot;

/// What the window works with.
struct TableMaterial {
  QStringList models;  ///< see TableChoices
  SharedBytes demoModel, demoText;
  OpenBackend openBackend;
};

class TableDialog : public QDialog {
  Q_OBJECT

 public:
  TableDialog(const TableMaterial& material, QWidget* parent);

 Q_SIGNALS:
  void openWanted(const QString& path, const QString& simulation);  ///< in the chat

 protected:
  void reject() override;  ///< stops what is running

 private:
  void setUpTable();
  QWidget* makePictures();
  void layOut();
  void connectJob();
  void begin();
  void setRunning(bool running);
  void addRow(const ModelTableRow& row);
  void showBars();
  void showPoints();
  void choose(int row);
  void showFinished(const MeasuredTable& table);
  void openChosen();
  void save();
  QString describe(int row) const;

  TableJob m_job;
  TableChoices* m_choices;
  QTableWidget* m_table;
  std::vector<ParetoPlot*> m_plots;  ///< one per question
  QTabWidget* m_pictures;
  QLabel *m_sample, *m_state;
  QProgressBar* m_bar;
  QPushButton *m_start, *m_stop, *m_save, *m_open;
  TableOrder m_order;                ///< what the rows are of
  std::vector<ModelTableRow> m_rows;
  MeasuredTable m_measured;          ///< rows empty until all are there
};

}  // namespace cutaway
