#include "ui/views/weight_job.h"

namespace cutaway {
namespace {

constexpr int kWatchInterval = 100;  ///< ms
constexpr double kFirstPart = 0.4;   ///< of the progress

}  // namespace

WeightJob::WeightJob(QObject* parent) : QObject(parent), m_thread(QStringLiteral("weights")) {
  m_watch.setInterval(kWatchInterval);
  connect(&m_watch, &QTimer::timeout, this, [this] {
    if (m_shared) Q_EMIT progressed(m_shared->done);
  });
}

WeightJob::~WeightJob() { stop(); }

void WeightJob::stop() {
  if (m_shared) m_shared->stopped = true;
  m_shared.reset();
  m_watch.stop();
}

void WeightJob::start(std::shared_ptr<const ModelDescription> model, TensorInfo tensor) {
  stop();
  m_shared = std::make_shared<Shared>();
  m_watch.start();
  m_thread.ask(
      this,
      [shared = m_shared, model = std::move(model), tensor = std::move(tensor)]() -> std::shared_ptr<const TensorStats> {
        TensorReading reading(shared->rows.emplace(model->file.data(tensor), tensor));
        while (!shared->stopped && reading.step()) shared->done = kFirstPart * reading.progress();
        return std::make_shared<const TensorStats>(reading.stats());
      },
      [this, shared = m_shared](const std::shared_ptr<const TensorStats>& stats) {
        if (shared == m_shared) Q_EMIT described(stats);
      });
  struct Solved {
    std::vector<double> values;
    bool exact;
  };
  m_thread.ask(
      this,
      [shared = m_shared] {
        if (shared->stopped) return Solved{{}, true};
        ThreadPool pool;
        SingularValues job(*shared->rows, pool);
        while (!shared->stopped && job.step()) shared->done = kFirstPart + (1 - kFirstPart) * job.progress();
        return Solved{job.values(), job.exact()};
      },
      [this, shared = m_shared](const Solved& found) {
        if (shared != m_shared) return;
        stop();
        Q_EMIT progressed(1);
        Q_EMIT solved(found.values, found.exact);
      });
}

}  // namespace cutaway
