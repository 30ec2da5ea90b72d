// No engine, file or wait call runs on the UI thread: the program's own notes say so, and the C library's calls are
// watched as well.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <QListView>
#include <atomic>
#include <cstdarg>
#include <string>
#include <vector>

#include "ui/base/thread_check.h"
#include "window_fixture.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

std::atomic<bool> watching{false};
pthread_t watched;
std::vector<std::string>* caught = nullptr;  // written by the watched thread alone

bool isWatched() { return watching.load() && pthread_equal(pthread_self(), watched) != 0; }
void note(const std::string& what) {
  if (isWatched()) caught->push_back(what);
}

template <class Function>
Function next(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

/// Qt reads its own resources (fonts, cursors) when it first needs them; what matters are the program's files.
void noteFile(const char* call, const char* path) {
  const std::string name = path == nullptr ? "" : path;
  for (const char* part : {".gguf", ".sqlite", ".ini", ".md"}) {
    if (name.find(part) != std::string::npos) note(std::string(call) + " " + name);
  }
}

}  // namespace

#define FORWARD(name, ...)                            \
  static const auto real = next(&::name, #name);      \
  return real(__VA_ARGS__)

extern "C" {
int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = va_arg(list, mode_t);
  va_end(list);
  noteFile("open", path);
  FORWARD(open, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = va_arg(list, mode_t);
  va_end(list);
  noteFile("open64", path);
  FORWARD(open64, path, flags, mode);
}
int fsync(int file) {
  note("fsync");
  FORWARD(fsync, file);
}
int fdatasync(int file) {
  note("fdatasync");
  FORWARD(fdatasync, file);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  note("pthread_cond_wait");
  FORWARD(pthread_cond_wait, condition, mutex);
}
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const struct timespec* until) {
  note("pthread_cond_timedwait");
  FORWARD(pthread_cond_timedwait, condition, mutex, until);
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const struct timespec* until) {
  note("pthread_cond_clockwait");
  FORWARD(pthread_cond_clockwait, condition, mutex, clock, until);
}
int pthread_join(pthread_t thread, void** value) {
  note("pthread_join");
  FORWARD(pthread_join, thread, value);
}
int sem_wait(sem_t* semaphore) {
  note("sem_wait");
  FORWARD(sem_wait, semaphore);
}
int nanosleep(const struct timespec* time, struct timespec* left) {
  note("nanosleep");
  FORWARD(nanosleep, time, left);
}
int clock_nanosleep(clockid_t clock, int flags, const struct timespec* time, struct timespec* left) {
  note("clock_nanosleep");
  FORWARD(clock_nanosleep, clock, flags, time, left);
}
int usleep(useconds_t time) {
  note("usleep");
  FORWARD(usleep, time);
}
}

class UiThreadTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    watched = pthread_self();
    caught = &m_caught;
  }

  void theWatchSees() {
    watching = true;
    ::usleep(1);
    const int file = ::open("/nowhere/x.gguf", O_RDONLY);
    watching = false;
    QCOMPARE(file, -1);
    QVERIFY(m_caught.size() >= 2);
    m_caught.clear();
  }

  void aWholeChatNeverBlocks() {
    QTemporaryDir directory;
    {
      TestWindow test(directory.path());
      watching = true;
      QVERIFY(waitFor([&] { return test.window().isReady(); }));
      QVERIFY(say(test, QStringLiteral("What is attention?")));
      QTest::keyClick(&test.window(), Qt::Key_R, Qt::ControlModifier);
      QVERIFY(waitFor([&] { return test.view().items().last().siblings == 2 && !test.window().isWriting(); }));
      Q_EMIT test.view().siblingRequested(test.lastItem().id, -1);
      QTest::keyClick(&test.window(), Qt::Key_N, Qt::ControlModifier);
      QVERIFY(say(test, QStringLiteral("What is 12 + 7?")));
      auto* list = test.part<QListView>("conversationList");
      QVERIFY(waitFor([&] { return list->model()->rowCount() == 3; }));
      test.part<QDoubleSpinBox>("topK")->setValue(10);
      test.part<QDoubleSpinBox>("contextLength")->setValue(256);
      QVERIFY(waitFor([&] { return test.status().contains(QStringLiteral("/ 256")); }));
      QVERIFY(say(test, QStringLiteral("Tell me a story about a fox")));
      test.window().close();
      QVERIFY(waitFor([&] { return test.window().isHidden(); }));
      watching = false;
    }
    QVERIFY2(m_caught.empty(), m_caught.empty() ? "" : m_caught.front().c_str());
    const ThreadCheck check = threadCheck();
    QVERIFY2(check.violations.empty(), check.violations.empty() ? "" : check.violations.front().c_str());
    for (const char* call : {"BackendList", "EngineWorker::open", "EngineWorker::start", "EngineWorker::step", "EngineWorker::plan",
                             "StoreWorker::save message", "StoreWorker::list", "Settings::write"}) {
      QVERIFY2(std::find(check.entered.begin(), check.entered.end(), call) != check.entered.end(), call);
    }
  }

 private:
  /// QTest's own waiting sleeps; the event loop alone does not.
  template <class Condition>
  static bool waitFor(Condition condition) {
    QElapsedTimer clock;
    clock.start();
    while (!condition() && clock.elapsed() < kPatience) {
      QEventLoop loop;
      QTimer::singleShot(2, &loop, &QEventLoop::quit);
      loop.exec();
    }
    return condition();
  }

  static bool say(TestWindow& test, const QString& text) {
    const qsizetype before = test.view().items().size();
    QTest::keyClicks(&test.input(), text);
    QTest::keyClick(&test.input(), Qt::Key_Return);
    return waitFor([&] { return test.view().items().size() >= before + 2 && !test.window().isWriting(); });
  }

  std::vector<std::string> m_caught;
};

QTEST_MAIN(UiThreadTest)
#include "ui_thread_test.moc"
