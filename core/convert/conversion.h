// A job that makes a model file out of another: short steps, progress, time left, and the error of every tensor as it
// happens. Run alike by the command line and by the window.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/quant/number_format.h"

namespace cutaway {

struct RowError {
  std::uint64_t row = 0;
  double relative = 0;  ///< size of the row's error over the size of the row
};

/// What became of one tensor.
struct TensorReport {
  std::string name;
  std::vector<std::uint64_t> shape;  ///< outermost first
  FormatId from = FormatId::f32, to = FormatId::f32;
  std::string note;                  ///< why it is not in the format asked for; or empty
  std::uint64_t bytes = 0;           ///< that it takes now
  double squares = 0, squaredError = 0;  ///< sums over its weights
  std::vector<RowError> worst;       ///< at most kWorstRows, the worst first; none where nothing changed

  static constexpr std::size_t kWorstRows = 3;
  double relativeError() const;  ///< size of the error over the size of the weights
  double snrDb() const;          ///< signal to noise; infinite where nothing changed
};

struct ConversionProgress {
  double done = 0;         ///< 0 to 1
  double seconds = 0;      ///< of work so far
  double secondsLeft = 0;  ///< at this speed; below 0: not known yet
  std::string doing;       ///< the tensor at hand
};

/// What lies beside a target, left by a run that ended before its time.
struct UnfinishedRun {
  std::size_t tensors = 0;  ///< that are done
  std::string difference;   ///< why it cannot go on: what was otherwise then; empty where it can
};
/// What becomes of one that is found.
enum class Unfinished : std::uint8_t { resume, restart };

/// What will be written, known before it is.
struct ConversionOutlook {
  std::uint64_t bytes = 0;      ///< of the file, or of the directory's weights
  double bitsPerWeight = 0;     ///< of all tensors
  std::uint64_t fallbacks = 0;  ///< tensors that are not in the format asked for
  std::string fallback;         ///< what becomes of the first of them; or empty
  std::optional<UnfinishedRun> unfinished = {};
};

/// Before the last step the target's name holds what it held before. A conversion that is destroyed leaves nothing, unless keep() says
/// so; one whose process is killed leaves what the next run of the same request goes on with, to the same bytes.
class Conversion {
 public:
  virtual ~Conversion() = default;
  /// Well under 50 ms of work on two cores; false when the file is there under its name.
  virtual Result<bool> step() = 0;
  virtual ConversionProgress progress() const = 0;
  /// Of the tensors that are done, in the file's order.
  virtual const std::vector<TensorReport>& reports() const = 0;
  virtual const ConversionOutlook& outlook() const = 0;
  /// Whether what is done stays when this is destroyed before its end.
  virtual void keep(bool keeps) = 0;
  virtual std::size_t resumedTensors() const = 0;  ///< that an earlier run had done
  std::uint64_t targetBytes() const { return outlook().bytes; }
};

/// Seconds of work and what is left of them, for progress().
class WorkClock {
 public:
  class Running {
   public:
    explicit Running(WorkClock& clock) : m_clock(&clock), m_start(std::chrono::steady_clock::now()) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { m_clock->m_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count(); }

   private:
    WorkClock* m_clock;
    std::chrono::steady_clock::time_point m_start;
  };

  double seconds() const { return m_seconds; }
  double secondsLeft(double done) const { return done > m_begin ? (m_seconds - m_beginSeconds) * (1 - done) / (done - m_begin) : -1; }
  /// So much was done when the work began that shows its speed.
  void beginAt(double done) {
    m_begin = done;
    m_beginSeconds = m_seconds;
  }

 private:
  double m_seconds = 0, m_begin = 0, m_beginSeconds = 0;
};

/// Fails when the target is the source itself.
Result<void> checkTarget(const std::string& target, const std::string& source);

/// Fails when the disk that `path` will lie on has not so many bytes free, beside those that `begun` holds already.
Result<void> checkDiskSpace(const std::string& path, std::uint64_t bytes, const std::string& begun = {});

}  // namespace cutaway
