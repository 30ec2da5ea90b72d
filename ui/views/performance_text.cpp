#include "ui/views/performance_text.h"

#include <QCoreApplication>
#include <cmath>

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(PerformanceView)
};

constexpr double kMiB = 1 << 20;

double sane(double seconds) { return std::isfinite(seconds) && seconds > 0 ? seconds : 0; }

QString number(double value, int decimals) { return QString::number(value, 'f', decimals); }

QString tableText(const QString& title, const StepRows& rows) {
  QVector<QStringList> lines{{Text::tr("op"), Text::tr("launches"), Text::tr("ms"), Text::tr("share"), Text::tr("MiB"),
                              Text::tr("GB/s"), Text::tr("of reads")}};
  for (const OpRow& row : rows.ops) {
    lines += QStringList{row.op,
                         QString::number(row.launches),
                         number(row.seconds * 1e3, 3),
                         number(row.share * 100, 1) + QLatin1Char('%'),
                         number(row.bytes / kMiB, 2),
                         number(row.rate * 1e-9, 2),
                         row.ofReads > 0 ? number(row.ofReads * 100, 0) + QLatin1Char('%') : QString()};
  }
  QVector<qsizetype> widths(lines.first().size(), 0);
  for (const QStringList& line : lines) {
    for (qsizetype i = 0; i < line.size(); ++i) widths[i] = qMax(widths[i], line[i].size());
  }
  QString text = title + QLatin1Char('\n');
  for (const QStringList& line : lines) {
    QString joined = line[0].leftJustified(widths[0]);
    for (qsizetype i = 1; i < line.size(); ++i) joined += QStringLiteral("  ") + line[i].rightJustified(widths[i]);
    text += joined.trimmed() + QLatin1Char('\n');
  }
  return text;
}

void addCsv(QStringList& lines, const QString& step, quint32 tokens, const StepRows& rows) {
  for (const OpRow& row : rows.ops) {
    const QString op = QLatin1Char('"') + QString(row.op).replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
    lines += QStringList{step, QString::number(tokens), op, QString::number(row.launches), number(row.seconds * 1e3, 4),
                         number(row.bytes / kMiB, 3), number(row.rate * 1e-9, 3),
                         row.ofReads > 0 ? number(row.ofReads, 3) : QString()}
                 .join(QLatin1Char(','));
  }
}

}  // namespace

StepRows stepRows(const StepTiming& step, double readBandwidth) {
  StepRows rows;
  for (const OpTiming& op : step.ops) {
    rows.launches += op.launches;
    rows.deviceSeconds += sane(op.seconds);
  }
  for (const OpTiming& op : step.ops) {
    OpRow row;
    row.op = QString::fromStdString(op.kind);
    row.launches = op.launches;
    row.seconds = sane(op.seconds);
    row.share = rows.deviceSeconds > 0 ? row.seconds / rows.deviceSeconds : 0;
    row.bytes = static_cast<double>(op.bytes);
    row.rate = row.seconds > 0 ? row.bytes / row.seconds : 0;
    row.ofReads = sane(readBandwidth) > 0 ? row.rate / readBandwidth : 0;
    rows.ops += row;
  }
  return rows;
}

QString stepTimesText(const StepTimes& times) {
  QStringList parts;
  if (times.steps > 0) {
    parts += tableText(Text::tr("One token of the answer on %1: %2 ms (mean of %3 measured, the last after %4 tokens)")
                           .arg(times.device, number(sane(times.generate.seconds) * 1e3, 3))
                           .arg(times.steps)
                           .arg(times.length),
                       stepRows(times.generate, times.readBandwidth));
  }
  if (times.promptTokens > 0) {
    parts += tableText(Text::tr("Prompt step of %1 tokens on %2: %3 ms")
                           .arg(times.promptTokens)
                           .arg(times.device, number(sane(times.prompt.seconds) * 1e3, 3)),
                       stepRows(times.prompt, times.readBandwidth));
  }
  if (!parts.isEmpty() && times.readBandwidth > 0) {
    parts += Text::tr("The device reads %1 GB/s.").arg(number(times.readBandwidth * 1e-9, 2)) + QLatin1Char('\n');
  }
  return parts.join(QLatin1Char('\n'));
}

QString stepTimesCsv(const StepTimes& times) {
  QStringList lines{QStringLiteral("step,tokens,op,launches,ms,mib,gbps,of_reads")};
  if (times.steps > 0) addCsv(lines, QStringLiteral("generate"), 1, stepRows(times.generate, times.readBandwidth));
  if (times.promptTokens > 0) {
    addCsv(lines, QStringLiteral("prompt"), times.promptTokens, stepRows(times.prompt, times.readBandwidth));
  }
  return lines.join(QLatin1String("\r\n")) + QLatin1String("\r\n");
}

}  // namespace cutaway
