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

Result<TargetForm> formNamed(const std::string& layout, const std::string& target, const QuantizeMethod& method, std::uint32_t bits) {
  constexpr TargetForm kForms[] = {TargetForm::gguf, TargetForm::gptq, TargetForm::awq};
  if (!layout.empty()) return findNamed("--layout", layout, kForms, targetFormName);
  if (target.ends_with(".gguf")) return TargetForm::gguf;
  return method.directory == TargetForm::awq && bits != 4 ? TargetForm::gptq : method.directory;
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

Result<void> CalibratedOptions::fill(const QuantizeMethod& method, QuantizeRequest& request) const {
  GroupedOptions& grouped = request.grouped;
  grouped.form = TRY(formNamed(layout, request.target, method, bits));
  grouped.scheme = {bits, static_cast<std::uint32_t>(std::max<std::int64_t>(group, 0)), !asymmetric};
  grouped.gptq = {byImportance, staticGroups, !keepsRange, damping};
  grouped.clips = !noClip;
  grouped.chunkTokens = chunkTokens;
  grouped.mostChunks = chunks;
  if (!method.takes(kTextChoice)) return {};
  if (text.empty()) return fail(ErrorKind::usage, "--method ", method.name, " needs a text to look at: --calibration FILE");
  request.text = TRY(readTextFile(text));
  return {};
}

}  // namespace cutaway::cli
