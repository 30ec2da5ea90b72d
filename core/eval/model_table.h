// Many models, or many precisions of one, in one table: size, speed, and how far each is from the first.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "core/eval/bench.h"
#include "core/eval/comparison.h"
#include "core/eval/pareto.h"
#include "core/inspect/report.h"

namespace cutaway {

struct ModelTableOptions {
  PerplexityOptions windows;                 ///< `context` is that of the sessions
  std::size_t places = SIZE_MAX;             ///< scored of the text, at most
  BenchOptions bench{128, 32, 1};
  std::vector<TokenId> sampleOf;             ///< a prompt that each continues, the most likely token each time; or none
  std::uint32_t sampleTokens = 40;
  FormatId cacheFormat = FormatId::f32;
};

struct ModelTableRow {
  std::string name;
  std::string problem;  ///< why there is nothing more to say of it; empty else
  std::uint64_t fileBytes = 0;               ///< of a simulated precision: of the tensors, were they stored
  double bitsPerWeight = 0;                  ///< of the tensors in the file
  std::uint64_t memory = 0;                  ///< on the device: weights, cache, buffers
  double loadSeconds = 0;
  double promptRate = 0, generateRate = 0;   ///< tokens/s
  double timeToFirstToken = 0;               ///< seconds, of the benchmark's prompt
  Estimate perplexity;
  /// Beside the first model; for the first itself: beside itself with its cache in the other format, the noise floor.
  DivergenceStatistics divergence;
  std::string sample;
};

/// A job. The first model stays on the device, the others come after it one by one. One that cannot be loaded, or reads
/// other tokens, has a row that says so. Most steps are short; one that loads a model is as long as that takes.
class ModelTable {
 public:
  struct Source {
    std::string name;
    /// Called when its turn comes; what it gives is dropped with its row, so that one model at a time is in memory
    /// beside the first.
    std::function<Result<std::shared_ptr<const ModelDescription>>()> describe;
  };
  /// Fails where the first model cannot read the text in such windows.
  static Result<std::unique_ptr<ModelTable>> create(std::shared_ptr<Backend> backend, std::vector<Source> sources,
                                                    std::vector<TokenId> tokens, const ModelTableOptions& options);

  /// False when all rows are there. Fails when the first model cannot be run.
  Result<bool> step();
  double progress() const;
  const std::vector<ModelTableRow>& rows() const { return m_rows; }  ///< the last one may be at work
  std::size_t done() const { return m_next; }                        ///< rows that are complete

 private:
  ModelTable(std::shared_ptr<Backend> backend, std::vector<Source> sources, std::vector<TokenId> tokens,
             const ModelTableOptions& options);
  enum class Stage : std::uint8_t { load, compare, bench, sample };
  Result<void> load();
  Result<bool> stepStage();
  void takeComparison();
  ModelTableRow& row() { return m_rows.back(); }
  void endModel();

  std::shared_ptr<Backend> m_backend;
  std::vector<Source> m_sources;
  std::vector<TokenId> m_tokens;
  ModelTableOptions m_options;
  std::shared_ptr<const ModelDescription> m_description;  ///< of the model at hand
  std::vector<ModelTableRow> m_rows;
  std::size_t m_next = 0;
  Stage m_stage = Stage::load;
  std::unique_ptr<Session> m_reference;  ///< of the first model
  std::unique_ptr<Session> m_other;      ///< of the model at hand; beside the first: its noise floor
  std::optional<Comparison> m_comparison;
  std::optional<Bench> m_bench;
  std::optional<Generation> m_sample;
};

/// What a picture sets against KL.
struct ParetoQuestion {
  const char* title;
  const char* xTitle;
  bool lessIsBetter;
  double (*x)(const ModelTableRow& row);
};
std::span<const ParetoQuestion> paretoQuestions();
/// Of all rows but the first; KL is not finite where a row says a problem.
std::vector<ParetoPoint> paretoPoints(const std::vector<ModelTableRow>& rows, const ParetoQuestion& question);
ParetoAxes paretoAxes(const std::vector<ModelTableRow>& rows, const ParetoQuestion& question);

/// Comma-separated, one row per model, with a heading; numbers in full.
std::string toCsv(const std::vector<ModelTableRow>& rows);
/// The same for people, with pictures of size and speed against KL where there is something to draw. `text`: what was
/// read; `sampleOf`: the prompt that was continued, or empty.
Report toReport(const std::vector<ModelTableRow>& rows, const std::string& device, const std::string& text,
                const std::string& sampleOf);

}  // namespace cutaway
