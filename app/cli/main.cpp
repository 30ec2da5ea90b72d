// cutaway-cli: everything the window can do, for scripts and tests.
#include <csignal>
#include <cstdio>

#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

/// The contract's exit codes: 1 bad input, 2 usage, 3 device.
int exitCode(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return 2;
    case ErrorKind::device:
    case ErrorKind::outOfMemory: return 3;
    case ErrorKind::badInput:
    case ErrorKind::contextFull:
    case ErrorKind::cancelled: return 1;
  }
  return 1;
}

int runProgram(int argc, char** argv) {
  CLI::App app("Chat with local language models and look inside them.", "cutaway-cli");
  app.require_subcommand(1);
  app.set_version_flag("--version", "cutaway-cli " CUTAWAY_VERSION);
  Run chosen;
  for (const Verb& verb : verbs()) {
    CLI::App* command = app.add_subcommand(verb.name, verb.summary);
    command->callback([&chosen, run = verb.declare(*command)] { chosen = run; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);  // 0 for --help and --version
    return code == 0 ? 0 : 2;
  }
  const Result<void> result = chosen();
  if (result) return 0;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  return exitCode(result.error().kind);
}

}  // namespace
}  // namespace cutaway::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);
  return cutaway::cli::runProgram(argc, argv);
}
