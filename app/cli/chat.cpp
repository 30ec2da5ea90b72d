#include <iostream>

#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/sampling.h"
#include "app/cli/verb.h"
#include "core/text/prompt.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  SamplingOptions sampling;
  EditOptions edits;
  std::string system, templateName;
};

constexpr const char* kHelp =
    "/new begins again, /retry writes the last answer anew, /system TEXT sets the system prompt,\n"
    "/help shows this, /quit or Ctrl+D leaves. Ctrl+C stops an answer.\n";

/// One conversation in the terminal.
class Chat {
 public:
  Chat(const Options& options, TemplateChoice chosen, std::unique_ptr<Session> session)
      : m_options(options), m_template(std::move(chosen)), m_session(std::move(session)) {
    begin(options.system);
  }

  /// Handles one line; false when the user leaves. Errors are printed: the chat goes on.
  bool handle(const std::string& line) {
    if (line == "/quit" || line == "/exit") return false;
    if (line.empty()) return true;
    if (line == "/help") {
      print(kHelp);
    } else if (line == "/new") {
      begin(m_system);
    } else if (line.starts_with("/system")) {
      begin(line.size() > 8 ? line.substr(8) : "");
    } else if (line == "/retry") {
      retry();
    } else if (line.starts_with("/")) {
      print("There is no command \"" + line + "\". " + kHelp);
    } else {
      m_messages.push_back({"user", line});
      answer();
    }
    return true;
  }

 private:
  void begin(const std::string& system) {
    m_system = system;
    m_messages.clear();
    if (!system.empty()) m_messages.push_back({"system", system});
  }

  void retry() {
    if (!m_messages.empty() && m_messages.back().role == "assistant") m_messages.pop_back();
    if (m_messages.empty() || m_messages.back().role != "user") return print("There is no answer to write anew.\n");
    ++m_seedShift;
    answer();
  }

  void answer() {
    const Result<void> result = writeAnswer();
    print("\n");
    if (!result) std::cerr << result.error().message << "\n";
    // A question that was not answered is taken back, so that the next one can follow.
    if (m_messages.back().role == "user") m_messages.pop_back();
  }

  Result<void> writeAnswer() {
    const auto segments = TRY(renderChat(m_template.chatTemplate, m_messages, m_session->tokenizer(), true));
    GenerationOptions generationOptions = m_options.sampling.generation;
    generationOptions.sampler.seed += m_seedShift;
    Generation generation(*m_session, m_session->tokenizer().encode(segments, true), generationOptions);
    const InterruptGuard guard;
    std::string text;
    auto state = Generation::State::reading;
    while (state != Generation::State::done) {
      if (guard.interrupted()) generation.cancel();
      state = TRY(generation.step());
      for (const TokenEvent& event : generation.takeEvents()) {
        text += event.text;
        print(event.text);
      }
    }
    if (!text.empty()) m_messages.push_back({"assistant", text});
    printStats(generation);
    return {};
  }

  void printStats(const Generation& generation) const {
    const GenerationStats& stats = generation.stats();
    std::ostringstream line;
    line.precision(1);
    line << std::fixed << "\n[" << stats.generatedTokens << " tokens, " << stats.timeToFirstToken * 1000
         << " ms to the first, " << stats.generateRate() << " tokens/s, " << stats.reusedTokens << " of "
         << stats.promptTokens << " prompt tokens reused, " << stopReasonName(generation.reason()) << "]";
    print(line.str());
  }

  const Options& m_options;
  TemplateChoice m_template;
  std::unique_ptr<Session> m_session;
  std::vector<ChatMessage> m_messages;
  std::string m_system;
  std::uint64_t m_seedShift = 0;
};

Result<void> run(const Options& options) {
  TRY(validate(options.sampling.generation.sampler));
  const auto model = TRY(options.model.load());
  const TemplateChoice chosen = TRY(chooseTemplate(model->description->file.metadata, options.templateName));
  auto session = TRY(options.model.createSession(model));
  auto edits = TRY(options.edits.parse(model->description->graph(), {0, session->context()}));
  TRY(session->setEdits(std::move(edits)));
  print(concat(model->description->name, " on ", model->backend->device().name, ", ", session->context(),
               " tokens of context. ", describe(chosen), "\n", kHelp));
  if (!session->edits().empty()) print(concat(session->edits().size(), " edits are on: answers are not the model's own.\n"));
  if (options.model.model == "demo")
    print("The demo model is tiny and knows little: try \"What is attention?\" or \"What is 12 + 7?\".\n");
  Chat chat(options, chosen, std::move(session));
  std::string line;
  for (;;) {
    print("\n> ");
    if (!std::getline(std::cin, line) || !chat.handle(line)) break;
  }
  print("\n");
  return {};
}

}  // namespace

Run declareChat(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f16");
  options->sampling.declare(command, SamplerSettings{}.temperature);
  options->edits.declare(command);
  command.add_option("--system", options->system, "System prompt");
  command.add_option("--template", options->templateName, "A built-in chat template instead of the model's own");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
