#include "core/convert/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>

#include "core/base/checksum.h"
#include "core/base/utf8.h"

namespace cutaway {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kKind = "cutaway conversion 1";
constexpr std::size_t kBeginning = std::size_t{4} << 20;  ///< of a source's file that is summed up

std::string journalPath(const std::string& target) { return unfinishedPath(target) + ".log"; }

Json jsonOf(const TensorReport& report) {
  Json worst = Json::array();
  for (const RowError& row : report.worst) worst.push_back({row.row, row.relative});
  return {{"name", report.name},   {"shape", report.shape},     {"from", numberFormat(report.from).name}, {"to", numberFormat(report.to).name}, {"note", report.note},
          {"bytes", report.bytes}, {"squares", report.squares}, {"error", report.squaredError},           {"worst", worst}};
}

TensorReport reportOf(const Json& json) {
  TensorReport report;
  const auto formatOf = [&](const char* key) {
    const NumberFormat* format = findFormatByName(json.at(key).get<std::string>());
    if (format == nullptr) throw nlohmann::json::other_error::create(501, "no such format", &json);
    return format->id;
  };
  report.name = json.at("name");
  report.shape = json.at("shape").get<std::vector<std::uint64_t>>();
  report.from = formatOf("from");
  report.to = formatOf("to");
  report.note = json.at("note");
  report.bytes = json.at("bytes");
  report.squares = json.at("squares");
  report.squaredError = json.at("error");
  for (const Json& row : json.at("worst")) report.worst.push_back({row.at(0), row.at(1)});
  return report;
}

struct Entry {
  std::size_t tensors = 0;
  std::uint64_t begin = 0, end = 0;
  std::string checksum;
  std::vector<TensorReport> reports;
  std::size_t lineEnd = 0;  ///< in the journal
};

struct Contents {
  std::optional<JobFacts> facts;
  std::size_t factsEnd = 0;
  std::vector<Entry> entries;
};

/// As far as lines are whole.
Contents parse(std::string_view text) {
  Contents contents;
  std::size_t at = 0;
  try {
    for (std::size_t end; (end = text.find('\n', at)) != std::string_view::npos; at = end + 1) {
      const Json line = Json::parse(text.substr(at, end - at));
      if (!contents.facts) {
        if (line.at("kind") != kKind) return contents;
        contents.facts = line.at("facts").get<JobFacts>();
        contents.factsEnd = end + 1;
        continue;
      }
      Entry entry{line.at("tensors"), line.at("begin"), line.at("end"), line.at("checksum"), {}, end + 1};
      for (const Json& report : line.at("reports")) entry.reports.push_back(reportOf(report));
      contents.entries.push_back(std::move(entry));
    }
  } catch (const nlohmann::json::exception&) {
    // The rest was not written to its end.
  }
  return contents;
}

Contents contentsOf(const std::string& journal) {
  const auto file = mapFile(journal);
  return file ? parse({reinterpret_cast<const char*>(file->bytes.data()), file->bytes.size()}) : Contents();
}

/// Entries whose bytes lie in the file as they were written.
std::size_t soundEntries(const std::vector<Entry>& entries, std::size_t tensors, const std::string& dataFile) {
  const auto data = mapFile(dataFile);
  if (!data) return 0;
  std::size_t count = 0, done = 0;
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.tensors <= done || entry.tensors > tensors) break;
    if (entry.begin > entry.end || entry.end > data->bytes.size() || (count > 0 && entry.begin != end)) break;
    if (checksumText(checksumOf(data->bytes.subspan(entry.begin, entry.end - entry.begin))) != entry.checksum) break;
    end = entry.end;
    done = entry.tensors;
    ++count;
  }
  return count;
}

/// What is not as it was; empty where all is.
std::string differenceOf(const JobFacts& before, const JobFacts& now) {
  for (const auto& [name, value] : before)
    for (const auto& [nameNow, valueNow] : now)
      if (name == nameNow && value != valueNow) return concat(name, " was ", value, " then and is ", valueNow, " now");
  return {};
}

std::string beginningOf(const SharedBytes& file) { return checksumText(checksumOf(file.bytes.first(std::min(file.bytes.size(), kBeginning)))); }

}  // namespace

std::string checksumText(std::uint64_t checksum) { return concat(std::hex, std::setw(16), std::setfill('0'), checksum); }

std::string unfinishedPath(const std::string& target) { return target + ".unfinished"; }

JobFacts sourceFacts(const ModelFile& source) {
  std::error_code problem;
  const fs::path path = fs::weakly_canonical(source.source.name, problem);
  JobFacts facts = {{"the program", CUTAWAY_VERSION}, {"the source", problem ? source.source.name : path.string()}};
  std::string sizes, times, beginnings;
  const auto add = [&](const SharedBytes& file) {
    const auto time = fs::last_write_time(file.name, problem);
    sizes += concat(sizes.empty() ? "" : ", ", file.bytes.size());
    times += concat(times.empty() ? "" : ", ", problem ? 0 : time.time_since_epoch().count());
    beginnings += concat(beginnings.empty() ? "" : ", ", beginningOf(file));
  };
  add(source.source);
  for (const SharedBytes& file : source.more) add(file);
  facts.emplace_back("the source's size", sizes);
  facts.emplace_back("the source's time", times);
  facts.emplace_back("the checksum of the source's beginning", beginnings);
  return facts;
}

std::optional<UnfinishedRun> findUnfinished(const std::string& target, const JobFacts& facts) {
  const Contents contents = contentsOf(journalPath(target));
  if (!contents.facts || contents.entries.empty()) return std::nullopt;
  return UnfinishedRun{contents.entries.back().tensors, differenceOf(*contents.facts, facts)};
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& target, const std::string& dataFile, std::size_t tensors, const JobFacts& facts,
                                               Unfinished unfinished) {
  const std::string path = journalPath(target);
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0) return fail(ErrorKind::badInput, target, ": cannot be created: ", std::strerror(errno));
    std::unique_ptr<Journal> journal(new Journal(path, descriptor));
    journal->m_keeps = true;  // it may be another's
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) return fail(ErrorKind::badInput, target, ": is being written by another run of this program");
    struct stat mine {}, there {};
    if (fstat(descriptor, &mine) != 0 || stat(path.c_str(), &there) != 0 || mine.st_ino != there.st_ino) continue;  // it was just removed
    TRY(journal->read(target, dataFile, tensors, facts, unfinished));
    return journal;
  }
}

Result<void> Journal::read(const std::string& target, const std::string& dataFile, std::size_t tensors, const JobFacts& facts, Unfinished unfinished) {
  std::size_t keep = 0;
  const Contents contents = contentsOf(m_path);
  if (unfinished == Unfinished::resume) {
    const std::string difference = contents.facts && !contents.entries.empty() ? differenceOf(*contents.facts, facts) : std::string();
    if (!difference.empty())
      return fail(ErrorKind::badInput, target, ": an unfinished run lies there, but ", difference, "; begin anew (--restart), or choose another name");
    const std::size_t sound = contents.facts ? soundEntries(contents.entries, tensors, dataFile) : 0;
    for (std::size_t i = 0; i < sound; ++i) {
      const Entry& entry = contents.entries[i];
      m_reports.insert(m_reports.end(), entry.reports.begin(), entry.reports.end());
      m_tensors = entry.tensors;
      m_end = entry.end;
      keep = entry.lineEnd;
    }
    m_told = m_reports.size();
  }
  m_keeps = keep > 0;
  std::error_code ignored;
  if (keep == 0 && contents.facts) fs::remove_all(unfinishedPath(target), ignored);  // a file, or a directory, of that run
  if (ftruncate(m_descriptor, static_cast<off_t>(keep)) != 0) return fail(ErrorKind::badInput, m_path, ": cannot be written: ", std::strerror(errno));
  if (keep > 0) return {};
  return append({{"kind", kKind}, {"facts", facts}});
}

Result<void> Journal::append(const Json& line) {
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const ssize_t count = ::write(m_descriptor, text.data(), text.size());
  if (count != static_cast<ssize_t>(text.size())) return fail(ErrorKind::badInput, m_path, ": cannot be written: ", count < 0 ? std::strerror(errno) : "the disk is full");
  return {};
}

Result<void> Journal::check(const AtomicFile& file) const {
  if (m_tensors == 0 || file.written() == m_end) return {};
  return fail(ErrorKind::badInput, m_path, ": says that ", m_tensors, " tensors end at byte ", m_end, ", expected ", file.written(), "; begin anew (--restart)");
}

Result<void> Journal::add(std::size_t tensors, AtomicFile& file, const std::vector<TensorReport>& reports) {
  const AtomicFile::Piece piece = file.takePiece();
  Json told = Json::array();
  for (; m_told < reports.size(); ++m_told) told.push_back(jsonOf(reports[m_told]));
  const Json line = {{"tensors", tensors}, {"begin", piece.begin}, {"end", piece.end}, {"checksum", checksumText(piece.checksum)}, {"reports", told}};
  return append(line);
}

void Journal::finish() {
  unlink(m_path.c_str());
  m_finished = true;
}

Journal::~Journal() {
  if (!m_keeps && !m_finished) unlink(m_path.c_str());
  close(m_descriptor);
}

}  // namespace cutaway
