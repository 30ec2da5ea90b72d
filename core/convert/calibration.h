// What flows into a model's matrices while it reads a text: the mean of the squared inputs, column by column.
#pragma once

#include "core/convert/importance_matrix.h"
#include "core/run/session.h"

namespace cutaway {

struct CalibrationOptions {
  std::uint32_t chunkTokens = 512;  ///< read from an empty cache each, beginning as the model's texts begin
  std::uint32_t mostChunks = 0;     ///< 0: the whole text
};

/// A job of short steps. Takes the session for itself: what it held is dropped. Matrices of the layers only, as
/// llama-imatrix does without --process-output.
class Calibration {
 public:
  /// Fails on a text of less than kLeastTokens tokens.
  static Result<Calibration> create(Session& session, std::vector<TokenId> tokens, const CalibrationOptions& options);
  static constexpr std::size_t kLeastTokens = 32;

  Result<bool> step();  ///< false when all is read
  std::uint64_t read() const { return m_read; }
  std::uint64_t total() const { return m_total; }
  /// Of what was read. `text` is the name of the text's file.
  ImportanceMatrix importance(const std::string& text) const;

 private:
  Calibration(Session& session, std::vector<TokenId> tokens, const CalibrationOptions& options);
  void add(const StepResult& result);
  std::uint64_t chunkEnd() const;

  Session* m_session;
  std::vector<TokenId> m_tokens;
  CalibrationOptions m_options;
  std::vector<Tap> m_taps;                            ///< the inputs of matrices, each once
  std::vector<std::vector<std::string>> m_weights;    ///< per tap: which matrices read it
  std::vector<std::vector<double>> m_sums;            ///< per tap: of squares, per column
  std::uint64_t m_read = 0, m_total = 0;
  std::uint32_t m_stepTokens = 0;
};

}  // namespace cutaway
