// Where a step's time goes, as rows for a table, as text and as CSV.
#pragma once

#include "ui/engine/engine_data.h"

namespace cutaway {

struct OpRow {
  QString op;
  quint32 launches = 0;
  double seconds = 0, share = 0;  ///< on the device, and of all its time in the step
  double bytes = 0, rate = 0;     ///< that have to be moved; per second
  double ofReads = 0;             ///< the rate over the device's read bandwidth; 0 where that is not known
};

struct StepRows {
  QVector<OpRow> ops;
  quint32 launches = 0;
  double deviceSeconds = 0;
};

/// Times that no clock gives (negative ones, NaN) count as zero.
StepRows stepRows(const StepTiming& step, double readBandwidth);

/// Two tables in columns, for people; empty when nothing was measured.
QString stepTimesText(const StepTimes& times);
/// step,tokens,op,launches,ms,mib,gbps,of_reads: a line per op and step, numbers with a point; fields quoted by RFC 4180.
QString stepTimesCsv(const StepTimes& times);

}  // namespace cutaway
