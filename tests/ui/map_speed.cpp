// Not a test: how long a frame of a map of 32,768 tokens takes while it is zoomed and panned, in a window of 900 x 900.
// QT_QPA_PLATFORM=offscreen test_ui_map_speed
#include <QApplication>
#include <QElapsedTimer>
#include <QImage>
#include <algorithm>
#include <cstdio>

#include "synthetic_tiles.h"
#include "ui/views/map_canvas.h"

using namespace cutaway;

int main(int argc, char** argv) {
  const QApplication application(argc, argv);
  test::SyntheticTiles source(32768);
  MapCanvas canvas;
  canvas.resize(900, 900);
  canvas.setSource(&source);
  QImage screen(canvas.size(), QImage::Format_RGB32);
  const auto measure = [&](const char* what, int frames, auto&& move) {
    std::vector<double> times;
    for (int i = 0; i < frames; ++i) {
      move(i);
      QElapsedTimer timer;
      timer.start();
      canvas.render(&screen);
      times.push_back(static_cast<double>(timer.nsecsElapsed()) * 1e-6);
    }
    std::ranges::sort(times);
    std::printf("%-24s median %6.2f ms, 99 of 100 below %6.2f ms, longest %6.2f ms\n", what, times[times.size() / 2],
                times[times.size() * 99 / 100], times.back());
  };
  const QPointF middle = QRectF(canvas.mapArea()).center(), diagonal = QRectF(canvas.mapArea()).topLeft() + QPointF(300, 300);
  measure("all of it", 60, [](int) {});
  measure("zoom in and out", 240, [&](int i) { canvas.zoom(i % 120 < 60 ? 1.12 : 1 / 1.12, i < 120 ? diagonal : middle); });
  canvas.zoom(64, diagonal);
  measure("pan along the diagonal", 240, [&](int) { canvas.pan({-18, -18}); });
  canvas.zoom(16, diagonal);
  measure("pan, tokens named", 240, [&](int) { canvas.pan({-18, -18}); });
  std::printf("%zu tiles, %.1f MiB\n", source.made(), static_cast<double>(source.bytes()) / (1 << 20));
  return 0;
}
