#include "core/inspect/capture_file.h"

#include <nlohmann/json.hpp>

namespace cutaway {
namespace {

using Json = nlohmann::json;

std::string piecesJson(const Tokenizer& tokenizer, std::span<const TokenId> tokens) {
  Json pieces = Json::array();
  for (const TokenId token : tokens) pieces.push_back(tokenizer.piece(token, true));
  return pieces.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<void> writeCapture(const std::string& path, const Model& model, const CaptureRecord& record) {
  std::vector<NamedArray> arrays;
  const auto add = [&](bool wide) {  // so that each array is aligned to its elements
    for (const CapturedValue& value : record.values)
      if ((value.type == ArrayType::f32) == wide) arrays.push_back({value.name, value.type, value.shape, value.bytes});
  };
  add(true);
  arrays.push_back({"tokens", ArrayType::i32, {record.tokens.size()}, std::as_bytes(std::span(record.tokens))});
  add(false);
  std::map<std::string, std::string> facts = record.facts;
  facts["model"] = model.description->name;
  facts["device"] = model.backend->device().name;
  facts["version"] = concat("Cutaway ", CUTAWAY_VERSION);
  facts["prompt_tokens"] = std::to_string(record.promptTokens);
  facts["pieces"] = piecesJson(*model.description->tokenizer, record.tokens);
  return writeSafetensors(path, arrays, facts);
}

std::vector<std::string> capturedPieces(const ArrayFile& file) {
  const auto found = file.metadata.find("pieces");
  const ArrayInfo* tokens = file.find("tokens");
  if (found == file.metadata.end() || tokens == nullptr || tokens->shape.size() != 1) return {};
  const Json list = Json::parse(found->second, nullptr, false);
  if (!list.is_array() || list.size() != tokens->shape.front()) return {};
  std::vector<std::string> pieces;
  for (const Json& piece : list) {
    if (!piece.is_string()) return {};
    pieces.push_back(piece.get<std::string>());
  }
  return pieces;
}

Result<std::unique_ptr<CaptureToFile>> CaptureToFile::create(const Model& model, std::vector<TokenId> tokens,
                                                             const std::string& selections, ArrayType type, std::string path) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there is no text whose values could be captured");
  const auto count = static_cast<std::uint32_t>(tokens.size());
  auto parsed = TRY(parseSelections(model.description->graph(), selections, {count, count}));
  return std::unique_ptr<CaptureToFile>(
      new CaptureToFile(std::move(tokens), std::move(parsed), selections, type, std::move(path)));
}

Result<bool> CaptureToFile::step(Session& session) {
  if (!m_run) {
    const CaptureOptions options{.type = m_type, .budget = kSharedBudget};
    m_run = std::make_unique<CaptureRun>(TRY(CaptureRun::create(session, m_tokens, m_selections, options)));
  }
  if (TRY(m_run->step())) return true;
  CaptureRecord record{m_run->tokens(), m_run->promptTokens(), m_run->take(), {{"capture", m_text}}};
  for (const CapturedValue& value : record.values) m_bytes += value.bytes.size();
  TRY(writeCapture(m_path, session.model(), record));
  m_run.reset();  // it must not outlive the session
  return false;
}

double CaptureToFile::progress() const {
  return m_run ? static_cast<double>(m_run->read()) / static_cast<double>(m_tokens.size()) : 0;
}

}  // namespace cutaway
