// cutaway: the window.
#include <QApplication>
#include <QCommandLineParser>
#include <cstdio>

#include "app/backends.h"
#include "resources/demo_model.h"
#include "ui/main_window.h"
#include "ui/measure.h"

namespace {

int printMeasures(const cutaway::WindowSetup& setup) {
  const auto measures = cutaway::measureWindow(setup);
  if (!measures) {
    std::fprintf(stderr, "%s\n", measures.error().message.c_str());
    return 1;
  }
  std::printf("ready after %.0f ms; longest event-loop gap %.0f ms (%.0f of it the window's own work) while loading, "
              "%.0f ms (%.0f) while streaming at %.0f tokens/s; stopped within %.0f ms while reading, %.0f ms while "
              "writing\n",
              measures->ready, measures->loadingGap, measures->loadingWork, measures->streamingGap,
              measures->streamingWork, measures->tokensPerSecond, measures->stopReading, measures->stopWriting);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  QApplication::setApplicationName("Cutaway");
  QApplication::setApplicationVersion(CUTAWAY_VERSION);
  QApplication::setOrganizationName("Cutaway");
  QApplication::setDesktopFileName("cutaway");

  QCommandLineParser parser;
  parser.setApplicationDescription(QApplication::translate("main", "Chat with local language models and look inside them."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument("model", QApplication::translate("main", "GGUF file, Hugging Face directory, or \"demo\"."), "[model]");
  const QCommandLineOption device(
      "device", QApplication::translate("main", "Part of a device's name, its number, or cpu."), "device");
  const QCommandLineOption data(
      "data", QApplication::translate("main", "Where settings and conversations are kept."), "directory");
  const QCommandLineOption measure(
      "measure", QApplication::translate("main", "Print how long the start takes, how long the window ever stands still, and how soon it stops."));
  parser.addOptions({device, data, measure});
  parser.process(application);

  cutaway::WindowSetup setup;
  setup.backends = cutaway::backendFactories;
  setup.demoModel = cutaway::demoModel();
  setup.demoText = cutaway::demoText();
  setup.modelToOpen = parser.positionalArguments().value(0);
  setup.deviceChoice = parser.value(device);
  setup.dataDirectory = parser.value(data);
  if (parser.isSet(measure)) return printMeasures(setup);
  cutaway::MainWindow window(std::move(setup));
  window.show();
  return QApplication::exec();
}
