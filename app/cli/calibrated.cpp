#include "app/cli/calibrated.h"

#include <algorithm>

namespace cutaway::cli {
namespace {

template <class Enum, std::size_t kCount>
Result<Enum> findNamed(const char* option, const std::string& name, const Enum (&values)[kCount], const char* (*nameOf)(Enum)) {
  std::string names;
  for (const Enum value : values) {
    if (name == nameOf(value)) return value;
    names += concat(names.empty() ? "" : ", ", nameOf(value));
  }
  return fail(ErrorKind::usage, option, ": there is no \"", name, "\"; there are ", names);
}

Result<GroupedMethod> methodNamed(const std::string& name) {
  constexpr GroupedMethod kMethods[] = {GroupedMethod::rtn, GroupedMethod::gptq, GroupedMethod::awq};
  return findNamed("--method", name, kMethods, groupedMethodName);
}

Result<TargetForm> formNamed(const std::string& layout, const std::string& target, GroupedMethod method, std::uint32_t bits) {
  constexpr TargetForm kForms[] = {TargetForm::gguf, TargetForm::gptq, TargetForm::awq};
  if (!layout.empty()) return findNamed("--layout", layout, kForms, targetFormName);
  if (target.ends_with(".gguf")) return TargetForm::gguf;
  return method == GroupedMethod::awq && bits == 4 ? TargetForm::awq : TargetForm::gptq;
}

}  // namespace

void CalibratedOptions::declare(CLI::App& command) {
  command.add_option("--calibration", text, "Text that GPTQ and AWQ look at")->type_name("FILE");
  command.add_option("--bits", bits, "Bits of GPTQ, AWQ and --layout")->check(CLI::IsMember({2, 3, 4, 8}))->capture_default_str();
  command.add_option("--group", group, "Columns that share a scale, -1: a whole row")->check(CLI::IsMember({-1, 32, 64, 128}))->capture_default_str();
  command.add_flag("--asym", asymmetric, "With zero points");
  command.add_flag("--desc-act", byImportance, "GPTQ: columns with the largest inputs first");
  command.add_flag("--static-groups", staticGroups, "GPTQ: with --desc-act, groups stay neighbours, as GGUF needs");
  command.add_option("--damping", damping, "GPTQ: part of the mean diagonal added to the Hessian")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_flag("--full-range", keepsRange, "GPTQ: scales cover the largest weights, instead of the range with the least error");
  command.add_flag("--no-clip", noClip, "AWQ: outliers are not cut off");
  command.add_option("--chunks", chunks, "Chunks of the calibration text that are read at most, 0: all")->capture_default_str();
  command.add_option("--chunk-tokens", chunkTokens, "Tokens of a chunk")->check(CLI::Range(32, 8192))->capture_default_str();
  command.add_option("--layout", layout, "gguf, or a Hugging Face directory in the layout gptq or awq (default: by OUT's name and the method)");
}

Result<CalibratedRequest> CalibratedOptions::request(const ModelDescription& model, const std::string& method, const std::string& target) const {
  CalibratedRequest request;
  request.target = target;
  request.method = TRY(methodNamed(method));
  request.form = TRY(formNamed(layout, target, request.method, bits));
  request.scheme = {bits, static_cast<std::uint32_t>(std::max<std::int64_t>(group, 0)), !asymmetric};
  request.gptq = {byImportance, staticGroups, !keepsRange, damping};
  request.clips = !noClip;
  request.chunkTokens = chunkTokens;
  request.mostChunks = chunks;
  if (request.method == GroupedMethod::rtn) request.gptq.searchedRange = false;
  if (request.method == GroupedMethod::rtn) return request;
  if (text.empty()) return fail(ErrorKind::usage, "--method ", method, " needs a text to look at: --calibration FILE");
  const std::string content = TRY(readTextFile(text));
  request.text = model.tokenizer->encode(content, true, true);
  return request;
}

}  // namespace cutaway::cli
