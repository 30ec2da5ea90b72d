// What an inspector view is, and what it may look at: the selection, the loaded model, the messages.
#pragma once

#include <QWidget>
#include <memory>

#include "ui/engine/engine_data.h"
#include "ui/selection.h"

namespace cutaway {

/// The window's data as views see it. Views know nothing else: not the window, not each other.
class ViewData : public QObject {
  Q_OBJECT

 public:
  explicit ViewData(QObject* parent = nullptr) : QObject(parent) {}

  Selection& selection() { return m_selection; }
  const std::shared_ptr<const LoadedModel>& model() const { return m_model; }
  void setModel(std::shared_ptr<const LoadedModel> model) {
    m_model = std::move(model);
    Q_EMIT modelChanged();
  }
  /// A message of the shown conversation; null when there is none of this id. Valid until the event loop runs.
  virtual const StoredMessage* message(qint64 id) const = 0;

 Q_SIGNALS:
  void modelChanged();
  void messageChanged(qint64 id);             ///< it has more tokens
  void templateChosen(const QString& builtIn);  ///< by a view, for the window; empty: the model's own

 private:
  Selection m_selection;
  std::shared_ptr<const LoadedModel> m_model;
};

/// Follows the data's signals on its own; shows something sensible for any selection, a missing model included.
class InspectorView : public QWidget {
  Q_OBJECT

 public:
  InspectorView(ViewData& data, QWidget* parent) : QWidget(parent), m_data(data) {
    setProperty("panel", true);
    setAttribute(Qt::WA_StyledBackground);
  }

 protected:
  ViewData& data() { return m_data; }

 private:
  ViewData& m_data;
};

}  // namespace cutaway
