#include "ui/views/capture_picture.h"

#include <QCoreApplication>

#include "core/inspect/capture_file.h"
#include "ui/chat/token_tip.h"

namespace cutaway {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(Captures)
};

constexpr std::size_t kMost = 1024;  ///< rows and columns that are drawn; of more every n-th

/// How to walk through one plane.
struct Plane {
  std::size_t rows = 1, columns = 1, rowStride = 0, begin = 0;
  bool columnsAreTokens = false;
};

bool headsFirst(const ArrayInfo& array) {
  return array.name.ends_with(".pattern") || array.name.ends_with(".scores");
}

Plane planeOf(const ArrayInfo& array, int plane) {
  const auto& shape = array.shape;
  const auto at = static_cast<std::size_t>(plane);
  if (shape.size() < 2) return {1, shape.empty() ? 1 : static_cast<std::size_t>(shape[0]), 0, 0, false};
  if (shape.size() == 2) return {shape[0], shape[1], shape[1], 0, false};
  if (headsFirst(array)) return {shape[1], shape[2], shape[2], at * shape[1] * shape[2], true};
  return {shape[0], shape[2], shape[1] * shape[2], at * shape[2], false};
}

QStringList labels(std::size_t count, std::size_t step, const QStringList& pieces, bool tokens) {
  QStringList list;
  for (std::size_t i = 0; i < count; i += step) {
    const bool known = tokens && i < static_cast<std::size_t>(pieces.size());
    list += known ? QStringLiteral("%1 %2").arg(i).arg(tokenLabel(pieces[static_cast<qsizetype>(i)])) : QString::number(i);
  }
  return list;
}

}  // namespace

Result<std::shared_ptr<const OpenCapture>> openCapture(const QString& path) {
  auto capture = std::make_shared<OpenCapture>();
  capture->path = path;
  capture->file = TRY(readSafetensors(TRY(mapFile(path.toStdString()))));
  for (const std::string& piece : capturedPieces(capture->file)) capture->pieces += QString::fromStdString(piece);
  return std::shared_ptr<const OpenCapture>(std::move(capture));
}

int planesOf(const ArrayInfo& array) {
  if (array.shape.size() != 3) return 1;
  return static_cast<int>(headsFirst(array) ? array.shape[0] : array.shape[1]);
}

Result<Heatmap::Data> pictureOf(const OpenCapture& capture, const ArrayInfo& array, int plane) {
  if (array.shape.size() > 3)
    return fail(ErrorKind::badInput, array.name, " has ", array.shape.size(), " dimensions; up to three can be shown");
  const std::vector<float> values = TRY(capture.file.floats(array));
  const Plane shown = planeOf(array, plane);
  const std::size_t rowStep = (shown.rows + kMost - 1) / kMost, columnStep = (shown.columns + kMost - 1) / kMost;
  Heatmap::Data data;
  float least = 0;
  for (std::size_t row = 0; row < shown.rows; row += rowStep) {
    for (std::size_t column = 0; column < shown.columns; column += columnStep) {
      data.values.push_back(values.at(shown.begin + row * shown.rowStride + column));
      least = std::min(least, data.values.back());
    }
    ++data.rows;
  }
  if (data.rows == 0 || data.values.empty()) return fail(ErrorKind::badInput, array.name, " holds no numbers");
  data.columns = static_cast<int>(data.values.size()) / data.rows;
  data.rowLabels = labels(shown.rows, rowStep, capture.pieces, true);
  data.columnLabels = labels(shown.columns, columnStep, capture.pieces, shown.columnsAreTokens);
  data.title = QString::fromStdString(array.name);
  if (rowStep * columnStep > 1) data.title += QLatin1Char(' ') + Text::tr("(every %1. row, every %2. column)").arg(rowStep).arg(columnStep);
  data.diverging = least < 0 && !headsFirst(array);
  data.clipped = data.diverging;
  return data;
}

}  // namespace cutaway
