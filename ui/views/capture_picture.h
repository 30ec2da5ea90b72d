// A captured array as a heatmap: which plane of it, with which labels, thinned out where it is too large to draw.
#pragma once

#include "core/format/safetensors.h"
#include "ui/views/heatmap.h"

namespace cutaway {

/// Numbers of a capture file that was opened, with the texts of its tokens where the file has them.
struct OpenCapture {
  QString path;
  ArrayFile file;
  QStringList pieces;  ///< per token, or empty
};

/// Opens and checks a file. For the background thread.
Result<std::shared_ptr<const OpenCapture>> openCapture(const QString& path);

/// Heads of a 3-dimensional array, which is shown a head at a time; 1 for others.
int planesOf(const ArrayInfo& array);

/// The plane with its labels. Fails for arrays that are not of floats or have more than three dimensions. For the background
/// thread: it reads the file.
Result<Heatmap::Data> pictureOf(const OpenCapture& capture, const ArrayInfo& array, int plane);

}  // namespace cutaway
