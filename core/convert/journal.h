// What an unfinished conversion has done, kept beside its file so that a later run can go on with it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/atomic_file.h"
#include "core/convert/conversion.h"
#include "core/format/model_file.h"

namespace cutaway {

/// What must be the same for a run to go on: names that people understand, and values.
using JobFacts = std::vector<std::pair<std::string, std::string>>;
/// Names, sizes, times and beginnings of the files that the model is made of.
JobFacts sourceFacts(const ModelFile& source);
std::string checksumText(std::uint64_t checksum);  ///< 16 digits

/// The name that the file or directory has until it is whole.
std::string unfinishedPath(const std::string& target);
/// What lies beside `target`, if anything. Of facts that are known on one side alone nothing is said.
std::optional<UnfinishedRun> findUnfinished(const std::string& target, const JobFacts& facts);

/// Lines of JSON in TARGET.unfinished.log: the facts, then the tensors that are done, with checksums of their bytes. A line that is
/// not whole, and bytes that are not those that were written, count as not done, so that a run may end anywhere, and the machine too.
class Journal {
 public:
  /// `dataFile`: the temporary file that tensors are written to, `tensors` of them. Fails when another run writes there now, and where what lies there
  /// was begun with other facts, unless it is to be begun anew.
  static Result<std::unique_ptr<Journal>> open(const std::string& target, const std::string& dataFile, std::size_t tensors, const JobFacts& facts,
                                               Unfinished unfinished);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();  ///< removes it, unless it is kept

  std::size_t tensors() const { return m_tensors; }  ///< done by the run before, the first ones of the target
  std::uint64_t end() const { return m_end; }        ///< of their bytes
  const std::vector<TensorReport>& reports() const { return m_reports; }

  /// Fails unless the file, behind what it skipped, is where the run before stood.
  Result<void> check(const AtomicFile& file) const;
  /// The first `tensors` tensors are in the file; `reports`: all so far.
  Result<void> add(std::size_t tensors, AtomicFile& file, const std::vector<TensorReport>& reports);
  /// The target has its name: the journal is removed.
  void finish();
  /// One that goes on with an earlier run is kept from the start, so that nothing is lost where it cannot.
  void keep(bool keeps) { m_keeps = keeps; }

 private:
  Journal(std::string path, int descriptor) : m_path(std::move(path)), m_descriptor(descriptor) {}
  Result<void> read(const std::string& target, const std::string& dataFile, std::size_t tensors, const JobFacts& facts, Unfinished unfinished);
  Result<void> append(const nlohmann::ordered_json& line);

  std::string m_path;
  int m_descriptor;
  bool m_keeps = false, m_finished = false;
  std::size_t m_tensors = 0, m_told = 0;  ///< m_told: reports that are in the file
  std::uint64_t m_end = 0;
  std::vector<TensorReport> m_reports;
};

}  // namespace cutaway
