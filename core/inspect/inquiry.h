// A question about recorded tokens whose answer takes many steps: the logit lens, a sweep, importance. One class per
// question; the window, the command line and tests run all of them the same way.
#pragma once

#include "core/run/session.h"

namespace cutaway {

/// Made from the recorded tokens anywhere, stepped on the engine thread; finished, it is its own answer and no longer
/// changes. Until then other users of the session may come between two steps: an inquiry must not rely on what it left.
class Inquiry {
 public:
  virtual ~Inquiry() = default;

  /// A session of its own is asked for by what edits, reads other texts or runs many branches: the chat's cache then
  /// stays as it is. 0: the chat's session serves; else the tokens that the session must hold at least.
  virtual std::uint32_t ownContext() const { return 0; }

  /// Whether these edits, which act in the chat, may act in a session of its own too, beneath its own ones: they mean there
  /// what they mean in the chat. What needs no session of its own runs under them anyway.
  virtual bool takes(const Edits&) const { return false; }

  /// Whether it is about edits of its own and tells what they do beside what happens without: those of the chat are no
  /// matter then.
  virtual bool comparesEdits() const { return false; }

  /// Seconds that it is expected to take, from the speed of such a session so far; 0: no telling. Before the first step.
  virtual double expectedSeconds(const Session&) const { return 0; }

  /// A short piece of the work (aim: under 50 ms); false when the answer is there. Not called again after that or an error.
  virtual Result<bool> step(Session& session) = 0;

  /// Of the work that is done, 0 to 1; for a progress bar and the time left.
  virtual double progress() const = 0;
};

/// Of a question about a token, where -1 stands for none or for the most likely one. Fails for one that is not in the
/// vocabulary.
Result<void> checkToken(const Graph& graph, TokenId token);

/// All of it at once, for the command line and tests.
Result<void> finish(Inquiry& inquiry, Session& session);

}  // namespace cutaway
