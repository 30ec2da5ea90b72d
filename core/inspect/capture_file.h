// Captured values as a safetensors file: written by the command line and the window, opened again without the model.
#pragma once

#include "core/inspect/capture.h"
#include "core/inspect/inquiry.h"

namespace cutaway {

/// What was captured, from which text, and how.
struct CaptureRecord {
  std::vector<TokenId> tokens;
  std::uint32_t promptTokens = 0;
  std::vector<CapturedValue> values;
  std::map<std::string, std::string> facts = {};  ///< more metadata: "kv", "edits"
};

/// Arrays under their values' names, the tokens as `tokens` (I32); model, device, version, prompt_tokens and the tokens' texts
/// (`pieces`, a JSON list) as metadata.
Result<void> writeCapture(const std::string& path, const Model& model, const CaptureRecord& record);

/// The tokens' texts from a file's metadata; empty where it has none that fit its tokens.
std::vector<std::string> capturedPieces(const ArrayFile& file);

/// Captures a recorded text in a session of its own and writes the file.
class CaptureToFile final : public Inquiry {
 public:
  /// `selections` as for `inspect --capture`. Fails where one names no value, with the nearest names.
  static Result<std::unique_ptr<CaptureToFile>> create(const Model& model, std::vector<TokenId> tokens,
                                                       const std::string& selections, ArrayType type, std::string path);

  std::uint32_t ownContext() const override { return static_cast<std::uint32_t>(m_tokens.size()); }
  bool takes(const Edits&) const override { return true; }
  double expectedSeconds(const Session& session) const override { return session.secondsFor(m_tokens.size()); }
  Result<bool> step(Session& session) override;
  double progress() const override;
  const std::string& path() const { return m_path; }
  std::uint64_t bytes() const { return m_bytes; }  ///< of the values

 private:
  CaptureToFile(std::vector<TokenId> tokens, std::vector<ValueSelection> selections, std::string text, ArrayType type, std::string path)
      : m_tokens(std::move(tokens)), m_selections(std::move(selections)), m_text(std::move(text)), m_type(type), m_path(std::move(path)) {}

  std::vector<TokenId> m_tokens;
  std::vector<ValueSelection> m_selections;
  std::string m_text;
  ArrayType m_type;
  std::string m_path;
  std::unique_ptr<CaptureRun> m_run;
  std::uint64_t m_bytes = 0;
};

}  // namespace cutaway
