#include "core/run/engine_thread.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

using namespace cutaway;

namespace {

using Log = std::vector<std::string>;

/// A job of `steps` steps that writes "name1", "name2", .. and "name!" when cancelled.
std::unique_ptr<Job> logged(Log& log, std::string name, int steps) {
  return makeJob(
      [&log, name, steps, done = 0]() mutable {
        log.push_back(name + std::to_string(++done));
        return done == steps ? Job::State::done : Job::State::more;
      },
      [&log, name] { log.push_back(name + "!"); });
}

void runAll(EngineQueue& queue) {
  while (queue.runOne()) {
  }
}

}  // namespace

TEST_CASE("closures run in order, and a tagged one replaces its waiting predecessor in place") {
  EngineQueue queue;
  Log log;
  queue.post("slider", [&] { log.push_back("slider 1"); });
  queue.post([&] { log.push_back("plain"); });
  queue.post("slider", [&] { log.push_back("slider 2"); });
  queue.post("", [&] { log.push_back("untagged a"); });
  queue.post("", [&] { log.push_back("untagged b"); });
  CHECK(queue.pending() == 4);
  runAll(queue);
  CHECK(log == Log{"slider 2", "plain", "untagged a", "untagged b"});
  queue.post("slider", [&] { log.push_back("slider 3"); });
  runAll(queue);
  CHECK(log.back() == "slider 3");
  CHECK(queue.idle());
}

TEST_CASE("a higher priority interrupts between two steps, equal ones wait for each other") {
  EngineQueue queue;
  Log log;
  queue.start(logged(log, "background", 3), JobPriority::background);
  CHECK(queue.runOne());
  queue.start(logged(log, "view", 2), JobPriority::view);
  queue.start(logged(log, "other view", 1), JobPriority::view);
  CHECK(queue.runOne());
  queue.start(logged(log, "chat", 2), JobPriority::chat);
  runAll(queue);
  CHECK(log ==
        Log{"background1", "view1", "chat1", "chat2", "view2", "other view1", "background2", "background3"});
}

TEST_CASE("closures and jobs take turns, so that neither starves") {
  EngineQueue queue;
  Log log;
  queue.start(logged(log, "chat", 3), JobPriority::chat);
  std::function<void()> again = [&] {
    log.push_back("closure");
    if (log.size() < 5) queue.post(again);
  };
  queue.post(again);
  runAll(queue);
  CHECK(log == Log{"closure", "chat1", "closure", "chat2", "closure", "chat3"});
}

TEST_CASE("a cancelled job says goodbye before anything else runs, even behind another one") {
  EngineQueue queue;
  Log log;
  const JobId chat = queue.start(logged(log, "chat", 3), JobPriority::chat);
  const JobId view = queue.start(logged(log, "view", 3), JobPriority::view);
  CHECK(chat != view);
  CHECK(queue.runOne());
  queue.cancel(view);
  CHECK(queue.runOne());
  CHECK(log == Log{"chat1", "view!"});
  queue.cancel(chat);
  queue.cancel(chat);
  runAll(queue);
  CHECK(log == Log{"chat1", "view!", "chat!"});
  queue.cancel(chat);
  CHECK(queue.idle());
}

TEST_CASE("a job may post, start and cancel itself") {
  EngineQueue queue;
  Log log;
  JobId id = 0;
  id = queue.start(makeJob(
                       [&] {
                         queue.post([&] { log.push_back("posted"); });
                         queue.start(logged(log, "child", 1), JobPriority::chat);
                         queue.cancel(id);
                         return Job::State::more;
                       },
                       [&] { log.push_back("cancelled"); }),
                   JobPriority::view);
  runAll(queue);
  CHECK(log == Log{"posted", "cancelled", "child1"});
}

TEST_CASE("the thread owns everything posted to it: also what was replaced dies there") {
  std::vector<std::thread::id> deaths;
  std::thread::id engine;
  struct Witness {
    std::vector<std::thread::id>& deaths;
    ~Witness() { deaths.push_back(std::this_thread::get_id()); }
  };
  std::promise<void> started, go;
  {
    EngineThread thread;
    thread.post([&] {
      engine = std::this_thread::get_id();
      CHECK(thread.isThisThread());
      started.set_value();
      go.get_future().wait();
    });
    started.get_future().wait();
    CHECK_FALSE(thread.isThisThread());
    const auto hold = [&] { return std::make_shared<Witness>(deaths); };
    thread.post("view", [witness = hold()] {});
    thread.post("view", [witness = hold()] {});
    thread.start(makeJob([witness = hold()] { return Job::State::more; }), JobPriority::background);
    CHECK(thread.pending() == 3);
    go.set_value();
  }
  CHECK(deaths.size() == 3);
  for (const auto id : deaths) CHECK(id == engine);
}

TEST_CASE("destroying the thread stops an endless job and drops what waits") {
  std::atomic<int> steps = 0, goodbyes = 0, closures = 0;
  {
    EngineThread thread;
    thread.start(makeJob(
                     [&] {
                       ++steps;
                       return Job::State::more;
                     },
                     [&] { ++goodbyes; }),
                 JobPriority::background);
    thread.post([&] { ++closures; });
    while (steps < 10 || closures < 1) std::this_thread::yield();
  }
  CHECK(goodbyes == 1);
  CHECK(closures == 1);
}

TEST_CASE("posts from many threads all arrive, tagged ones at least once and their last one last") {
  std::atomic<int> plain = 0;
  std::array<std::atomic<int>, 4> last{};
  EngineThread thread;
  std::vector<std::thread> posters;
  for (std::size_t t = 0; t < last.size(); ++t)
    posters.emplace_back([&, t] {
      for (int i = 1; i <= 200; ++i) {
        thread.post([&] { ++plain; });
        thread.post("tag" + std::to_string(t), [&, t, i] { last[t] = i; });
      }
    });
  for (auto& poster : posters) poster.join();
  while (!thread.idle()) std::this_thread::yield();
  CHECK(plain == 800);
  for (const auto& value : last) CHECK(value == 200);
}
