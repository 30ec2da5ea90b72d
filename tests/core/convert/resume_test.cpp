// Conversions that end before their time and go on: to the same bytes.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/base/checksum.h"
#include "core/convert/quantize.h"
#include "core/cpu/cpu_backend.h"
#include "support/model_runner.h"
#include "support/paths.h"
#include "support/real_model.h"

using namespace cutaway;
using test::require;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  Fixture() : folder(fs::temp_directory_path() / concat("cutaway-resume-", getpid())) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    demo = require(openModelFile(test::projectFile("resources/demo-model/demo-f16.gguf")));
    request.target = (folder / "made").string();
    request.mix = findMix("Q8_0");
    request.text = test::readFile(test::projectFile("tests/oracles/gptq/calibration.txt")).substr(0, 8000);
    request.grouped.scheme = {4, 64, true};
    request.grouped.chunkTokens = 256;
    request.grouped.mostChunks = 2;
    request.grouped.awq.steps = 2;
  }
  ~Fixture() { fs::remove_all(folder); }

  Result<std::unique_ptr<Conversion>> start(const QuantizeMethod& method) const {
    return method.start(demo, request, {pool, [] { return Result<std::shared_ptr<Backend>>(createCpuBackend(2)); }});
  }
  /// Ends when so many tensors are told of, as a process does that is killed.
  void crash(const QuantizeMethod& method, std::size_t reports) const {
    const auto job = require(start(method));
    job->keep(true);
    while (job->reports().size() < reports) REQUIRE(require(job->step()));
    for (int i = 0; i < 3; ++i) REQUIRE(require(job->step()));
  }
  /// Names below the folder and what the files hold; all of it is removed.
  std::map<std::string, std::string> take() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = test::readFile(entry.path().string());
    fs::remove_all(folder);
    fs::create_directories(folder);
    return files;
  }
  std::string refusal(const QuantizeMethod& method) const {
    const auto job = start(method);
    return job ? std::string("it was not refused") : job.error().message;
  }

  fs::path folder;
  ModelFile demo;
  QuantizeRequest request;
  mutable ThreadPool pool{2};
};

std::vector<std::string> namesOf(const Conversion& job) {
  std::vector<std::string> names;
  for (const TensorReport& report : job.reports()) names.push_back(concat(report.name, " ", report.squaredError, " ", report.worst.size()));
  return names;
}

void append(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::app | std::ios::binary) << text; }

/// Runs whole, then in pieces with what a crash may leave behind them.
void checkResuming(Fixture& f, const QuantizeMethod& method) {
  CAPTURE(method.name);
  std::vector<std::string> names;
  {
    const auto job = require(f.start(method));
    while (require(job->step())) {
    }
    CHECK(job->resumedTensors() == 0);
    names = namesOf(*job);
  }
  const auto expected = f.take();
  REQUIRE_FALSE(expected.empty());
  f.crash(method, 4);
  CHECK_FALSE(fs::exists(f.request.target));
  const std::string part = f.request.target + ".unfinished", data = fs::is_directory(part) ? part + "/model.safetensors.unfinished" : part;
  append(data, "half a tensor");
  append(part + ".log", "{\"tensors\": 9, \"begin\": 1");
  f.crash(method, names.size() / 2 + 4);
  const ConversionOutlook outlook = require(method.foresee(f.demo, f.request));
  REQUIRE(outlook.unfinished.has_value());
  CHECK(outlook.unfinished->difference.empty());
  CHECK(outlook.unfinished->tensors > 1);
  const auto job = require(f.start(method));
  CHECK(job->resumedTensors() == outlook.unfinished->tensors);
  const auto told = namesOf(*job);
  CHECK(std::equal(told.begin(), told.end(), names.begin()));
  double before = 0;
  while (require(job->step())) {
    CHECK(job->progress().done >= before);
    before = job->progress().done;
  }
  CHECK(namesOf(*job) == names);
  CHECK(f.take() == expected);
}

}  // namespace

TEST_CASE("a checksum does not depend on how bytes are cut, and on every bit") {
  std::vector<std::byte> bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 13);
  const std::uint64_t whole = checksumOf(bytes);
  for (const std::size_t cut : {1u, 3u, 8u, 13u, 999u}) {
    Checksum sum;
    for (std::size_t at = 0; at < bytes.size(); at += cut) sum.add(std::span(bytes).subspan(at, std::min(cut, bytes.size() - at)));
    CHECK(sum.value() == whole);
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); bit += 37) {
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    CHECK(checksumOf(bytes) != whole);
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
  CHECK(checksumOf(std::span(bytes).first(999)) != whole);
}

TEST_CASE("every method goes on after a crash, to the same bytes and errors") {
  Fixture f;
  for (const QuantizeMethod& method : quantizeMethods())
    if (!(test::kSanitized && method.takes(kTextChoice))) checkResuming(f, method);
}

TEST_CASE("directories go on as well, whatever order their codes and rows are in") {
  Fixture f;
  f.request.grouped.form = TargetForm::gptq;
  f.request.grouped.scheme = {3, 64, false};
  checkResuming(f, methods::kGroups);
  if (test::kSanitized) return;
  f.request.grouped.gptq.byImportance = true;
  checkResuming(f, methods::kGptq);
  f.request.grouped.form = TargetForm::awq;
  f.request.grouped.scheme = {4, 64, false};
  checkResuming(f, methods::kAwq);
}

TEST_CASE("another source or request does not go on, which is said in a sentence, and nothing is touched") {
  Fixture f;
  const std::string source = (f.folder / "source.gguf").string();
  fs::copy_file(test::projectFile("resources/demo-model/demo-f16.gguf"), source);
  f.demo = require(openModelFile(source));
  f.crash(methods::kRounding, 4);
  const auto log = [&] { return test::readFile(f.request.target + ".unfinished.log"); };
  const std::string before = log();
  f.request.mix = findMix("Q4_0");
  CHECK(f.refusal(methods::kRounding).find("made: an unfinished run lies there, but the type was Q8_0 then and is Q4_0 now; begin anew (--restart)") != std::string::npos);
  const ConversionOutlook outlook = require(methods::kRounding.foresee(f.demo, f.request));
  REQUIRE(outlook.unfinished.has_value());
  CHECK(outlook.unfinished->difference == "the type was Q8_0 then and is Q4_0 now");
  CHECK(f.refusal(methods::kGroups).find("the method was rtn then and is groups now") != std::string::npos);
  f.request.mix = findMix("Q8_0");
  fs::last_write_time(source, fs::last_write_time(source) + std::chrono::seconds(5));
  CHECK(f.refusal(methods::kRounding).find("the source's time was ") != std::string::npos);
  append(source, "more");
  f.demo = require(openModelFile(source));
  CHECK(f.refusal(methods::kRounding).find("the source's size was ") != std::string::npos);
  CHECK(log() == before);
  f.request.unfinished = Unfinished::restart;
  const auto job = require(f.start(methods::kRounding));
  CHECK(job->resumedTensors() == 0);
  const auto second = f.start(methods::kRounding);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message.find("is being written by another run") != std::string::npos);
}

TEST_CASE("bytes that are not those that were written are made again, and broken journals are no harm") {
  Fixture f;
  const std::string part = f.request.target + ".unfinished";
  {
    const auto job = require(f.start(methods::kRounding));
    while (require(job->step())) {
    }
  }
  const auto expected = f.take();
  f.crash(methods::kRounding, 12);
  {
    std::fstream data(part, std::ios::in | std::ios::out | std::ios::binary);
    data.seekp(static_cast<std::streamoff>(fs::file_size(part) / 2));
    data.put('!').put('?').put('!');
  }
  auto job = require(f.start(methods::kRounding));
  CHECK(job->resumedTensors() < 12);
  while (require(job->step())) {
  }
  job.reset();
  CHECK(f.take() == expected);
  const std::string facts = "{\"kind\": \"cutaway conversion 1\", \"facts\": []}\n";
  for (const std::string& broken : {std::string("not JSON\n"), std::string("\n\n"), std::string("{}\n"), facts + "{\"tensors\": -1}\n",
                                    facts + "{\"tensors\": 900, \"begin\": 9, \"end\": 5, \"checksum\": \"\", \"reports\": []}\n",
                                    facts + "{\"tensors\": 900, \"begin\": 0, \"end\": 0, \"checksum\": \"" + "0000000000000000" + "\", \"reports\": [{}]}\n"}) {
    append(part, "something");
    append(part + ".log", broken);
    const auto next = require(f.start(methods::kRounding));
    CHECK(next->resumedTensors() == 0);
    while (require(next->step())) {
    }
    CHECK(f.take() == expected);
  }
}

TEST_CASE("a directory that is in the way is not removed") {
  Fixture f;
  f.request.grouped.form = TargetForm::gptq;
  fs::create_directories(f.request.target + ".unfinished");
  append(f.request.target + ".unfinished/notes.txt", "mine");
  CHECK(f.refusal(methods::kGroups).find("is in the way, and not of this program") != std::string::npos);
  CHECK(f.take() == std::map<std::string, std::string>{{"made.unfinished/notes.txt", "mine"}});
}
