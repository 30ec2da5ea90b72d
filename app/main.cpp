// cutaway: the window.
#include <QApplication>
#include <QCommandLineParser>

#include "app/backends.h"
#include "resources/demo_model.h"
#include "ui/main_window.h"

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
  parser.addPositionalArgument("model", QApplication::translate("main", "GGUF file, or \"demo\"."), "[model]");
  const QCommandLineOption device(
      "device", QApplication::translate("main", "Part of a device's name, its number, or cpu."), "device");
  const QCommandLineOption data(
      "data", QApplication::translate("main", "Where settings and conversations are kept."), "directory");
  parser.addOptions({device, data});
  parser.process(application);

  cutaway::WindowSetup setup;
  setup.backends = cutaway::backendFactories();
  setup.demoModel = cutaway::demoModel();
  setup.modelToOpen = parser.positionalArguments().value(0);
  setup.deviceChoice = parser.value(device);
  setup.dataDirectory = parser.value(data);
  cutaway::MainWindow window(std::move(setup));
  window.show();
  return QApplication::exec();
}
