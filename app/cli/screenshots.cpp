#include "ui/screenshots.h"

#include <QApplication>

#include "app/backends.h"
#include "app/cli/verb.h"
#include "resources/demo_model.h"

namespace cutaway::cli {
namespace {

Result<void> run(const std::string& directory, const std::string& device) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  int argc = 1;
  char name[] = "cutaway-cli";
  char* argv[] = {name, nullptr};
  const QApplication application(argc, argv);
  WindowSetup setup;
  setup.backends = backendFactories;
  setup.demoModel = demoModel();
  setup.demoText = demoText();
  setup.modelToOpen = "demo";
  setup.deviceChoice = QString::fromStdString(device);
  return drawScreenshots(setup, QString::fromStdString(directory));
}

}  // namespace

Run declareScreenshots(CLI::App& command) {
  auto directory = std::make_shared<std::string>();
  auto device = std::make_shared<std::string>();
  command.add_option("directory", *directory, "Where the pictures go")->type_name("DIR")->required();
  command.add_option("--device", *device, "Part of a device's name, its number in \"devices\", or cpu");
  return [=] { return run(*directory, *device); };
}

}  // namespace cutaway::cli
