// Reads one weight of the model's file away from the UI thread: first what its numbers are, then its singular values.
#pragma once

#include <QTimer>
#include <atomic>
#include <memory>
#include <optional>

#include "core/inspect/singular_values.h"
#include "core/run/model.h"
#include "ui/base/background_thread.h"

namespace cutaway {

class WeightJob : public QObject {
  Q_OBJECT

 public:
  explicit WeightJob(QObject* parent);
  ~WeightJob() override;

  /// Instead of what is being read. A tensor that no file holds as it is gets its bytes on the thread, too.
  void start(std::shared_ptr<const ModelDescription> model, TensorInfo tensor);
  void stop();

 Q_SIGNALS:
  void progressed(double done);  ///< 0 to 1, of both parts
  void described(std::shared_ptr<const cutaway::TensorStats> stats);
  void solved(std::vector<double> values, bool exact);

 private:
  struct Shared {
    std::atomic<bool> stopped = false;
    std::atomic<double> done = 0;
    std::optional<WeightRows> rows;  ///< the thread's
  };

  std::shared_ptr<Shared> m_shared;  ///< of the weight being read; null: none is
  QTimer m_watch;
  BackgroundThread m_thread;
};

}  // namespace cutaway
