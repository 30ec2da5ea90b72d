// tokenizer.json and its companions to GGUF's "tokenizer.ggml.*". Source: huggingface/tokenizers, the serialized forms of its parts.
#include <algorithm>

#include "core/base/utf8.h"
#include "core/format/hugging_face.h"

namespace cutaway::hf {
namespace {

using Json = JsonObject::Json;

constexpr const char* kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr const char* kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr SplitPattern kPatterns[] = {
    {kGpt2, false, "gpt-2"}, {kLlama3, true, "llama-bpe"}, {kLlama3, false, "dbrx"}, {kQwen2, false, "qwen2"}};

/// GGUF's numbers of token kinds.
enum Kind : std::int64_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };
constexpr std::uint64_t kLargestGap = 65536;  ///< ids may reach this far beyond the number of tokens
constexpr std::uint64_t kLargestId = INT32_MAX;

struct Tokens {
  std::vector<std::string> texts;
  std::vector<std::int64_t> kinds;
  const std::string* text(std::uint64_t id) const { return id < texts.size() ? &texts[id] : nullptr; }
  std::int64_t find(std::string_view wanted) const {
    const auto found = std::ranges::find(texts, wanted);
    return found == texts.end() ? -1 : found - texts.begin();
  }
};

struct Entry {
  std::string text;
  std::uint64_t id;
  Kind kind;
};

Result<std::vector<Entry>> listEntries(const JsonObject& tokenizer, const JsonObject& model) {
  std::vector<Entry> entries;
  const auto vocabulary = TRY(model.object("vocab"));
  if (!vocabulary) return model.wrong("vocab", "is missing");
  for (const auto& [text, id] : vocabulary->json().items()) {
    if (!id.is_number_unsigned()) return vocabulary->wrong(text, "is ", id.type_name(), ", expected a token's number");
    entries.push_back({text, id.get<std::uint64_t>(), kNormal});
  }
  const Json* added = TRY(tokenizer.array("added_tokens"));
  if (added == nullptr) return entries;
  for (std::size_t i = 0; i < added->size(); ++i) {
    const std::string place = concat("added_tokens[", i, "]");
    const JsonObject token = TRY(tokenizer.item((*added)[i], place));
    const bool special = TRY(token.booleanOr("special", false));
    std::string content = TRY(token.string("content"));
    const std::uint64_t id = TRY(token.uint("id"));
    entries.push_back({std::move(content), id, special ? kControl : kUserDefined});
  }
  return entries;
}

Result<Tokens> readTokens(const JsonObject& tokenizer, const JsonObject& model) {
  const std::vector<Entry> entries = TRY(listEntries(tokenizer, model));
  Tokens tokens;
  std::uint64_t count = 0;
  for (const Entry& entry : entries) count = std::max(count, std::min(entry.id, kLargestId) + 1);
  if (entries.empty() || count == 0 || count > entries.size() + kLargestGap)
    return fail(ErrorKind::badInput, tokenizer.file(), ": ", entries.size(), " tokens with numbers up to ", count - 1,
                "; this is no vocabulary");
  tokens.texts.resize(count);
  tokens.kinds.assign(count, kUnused);
  for (const Entry& entry : entries) {
    tokens.texts[entry.id] = entry.text;
    tokens.kinds[entry.id] = entry.kind;
  }
  return tokens;
}

/// "a b" of each merge, which older files write so and newer ones as ["a", "b"].
Result<std::vector<std::string>> readMerges(const JsonObject& model) {
  const Json* list = TRY(model.array("merges"));
  if (list == nullptr) return model.wrong("merges", "is missing");
  std::vector<std::string> merges;
  merges.reserve(list->size());
  for (const Json& merge : *list) {
    if (merge.is_string()) {
      merges.push_back(merge.get<std::string>());
      continue;
    }
    const bool isPair = merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    if (!isPair) return model.wrong(concat("merges[", merges.size(), "]"), "is not a pair of texts");
    merges.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
    if (std::ranges::count(merges.back(), ' ') != 1)
      return model.wrong(concat("merges[", merges.size() - 1, "]"), "holds a space, which no tokenizer of a known family has");
  }
  return merges;
}

/// The steps of a part that may be one step, a Sequence of them, or nothing.
Result<std::vector<JsonObject>> steps(const JsonObject& tokenizer, const char* key, const char* list) {
  std::vector<JsonObject> result;
  const auto part = TRY(tokenizer.object(key));
  if (!part) return result;
  if (TRY(part->stringOr("type", "")) != "Sequence") {
    result.push_back(*part);
    return result;
  }
  const Json* items = TRY(part->array(list));
  for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
    auto step = TRY(part->item((*items)[i], concat(key, ".", list, "[", i, "]")));
    result.push_back(std::move(step));
  }
  return result;
}

/// The pattern of a Split step; empty for other steps.
Result<std::string> patternOf(const JsonObject& step) {
  if (TRY(step.stringOr("type", "")) != "Split") return std::string();
  const auto pattern = TRY(step.object("pattern"));
  if (!pattern) return std::string();
  return pattern->stringOr("Regex", "");
}

std::unexpected<Error> unknownSplit(const JsonObject& tokenizer) {
  return fail(ErrorKind::badInput, tokenizer.file(), ": the pre-tokenizer ", inQuotes(tokenizer.find("pre_tokenizer") != nullptr ? tokenizer.find("pre_tokenizer")->dump(-1, ' ', true) : "none"),
              " is none that this version knows; it knows those of GPT-2, SmolLM, Llama 3 and Qwen 2");
}

Result<std::string> splitRule(const JsonObject& tokenizer, const JsonObject& model) {
  const auto parts = TRY(steps(tokenizer, "pre_tokenizer", "pretokenizers"));
  const bool wholeWords = TRY(model.booleanOr("ignore_merges", false));
  if (parts.empty() || TRY(parts.back().stringOr("type", "")) != "ByteLevel") return unknownSplit(tokenizer);
  const JsonObject& last = parts.back();
  if (TRY(last.booleanOr("add_prefix_space", true))) return last.wrong("add_prefix_space", "is true, which no known family has");
  const bool gpt2 = TRY(last.booleanOr("use_regex", true));
  if (parts.size() == 1 && gpt2 && !wholeWords) return std::string("gpt-2");
  if (parts.size() != 2) return unknownSplit(tokenizer);
  const JsonObject& first = parts.front();
  const bool digits = TRY(first.stringOr("type", "")) == "Digits" && TRY(first.booleanOr("individual_digits", false));
  if (digits && gpt2 && !wholeWords) return std::string("smollm");
  const std::string pattern = TRY(patternOf(first));
  for (const SplitPattern& row : kPatterns)
    if (!gpt2 && pattern == row.pattern && wholeWords == row.wholeWords) return std::string(row.rule);
  return unknownSplit(tokenizer);
}

template <class T>
MetaValue arrayOf(MetaType element, std::vector<T> items) {
  return {MetaType::array, MetaArray{element, std::move(items)}};
}

/// SentencePiece's BPE joins the pair whose token has the highest score, tokenizers the one whose merge comes first.
std::vector<double> scoresOf(const Tokens& tokens, const std::vector<std::string>& merges) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < tokens.texts.size(); ++i) places.emplace(tokens.texts[i], i);
  std::vector<double> scores(tokens.texts.size(), -1e6);
  std::string joined;
  for (std::size_t rank = merges.size(); rank-- > 0;) {
    joined = merges[rank];
    joined.erase(std::min(joined.find(' '), joined.size()), 1);
    if (const auto place = places.find(joined); place != places.end()) scores[place->second] = -static_cast<double>(rank);
  }
  return scores;
}

bool isByteToken(std::string_view text) { return text.size() == 6 && text.starts_with("<0x") && text.ends_with('>'); }

/// Whether text gets a space in front, told by the normalizer or the pre-tokenizer.
Result<bool> addsSpace(const JsonObject& tokenizer) {
  for (const JsonObject& step : TRY(steps(tokenizer, "normalizer", "normalizers")))
    if (TRY(step.stringOr("type", "")) == "Prepend") return true;
  for (const JsonObject& step : TRY(steps(tokenizer, "pre_tokenizer", "pretokenizers")))
    if (TRY(step.stringOr("type", "")) == "Metaspace")
      return TRY(step.stringOr("prepend_scheme", "always")) != "never" && TRY(step.booleanOr("add_prefix_space", true));
  return false;
}

Result<void> setSentencePiece(const JsonObject& tokenizer, Tokens& tokens, const std::vector<std::string>& merges,
                              Metadata& out) {
  for (std::size_t i = 0; i < tokens.texts.size(); ++i)
    if (isByteToken(tokens.texts[i])) tokens.kinds[i] = kByte;
  out.set("tokenizer.ggml.model", {MetaType::string, std::string("llama")});
  out.set("tokenizer.ggml.scores", arrayOf(MetaType::f32, scoresOf(tokens, merges)));
  const bool space = TRY(addsSpace(tokenizer));
  out.set("tokenizer.ggml.add_space_prefix", {MetaType::boolean, space});
  return {};
}

/// A token's number by its text, which settings give as a string or as an object.
std::int64_t namedToken(const std::optional<JsonObject>& settings, const char* key, const Tokens& tokens) {
  if (!settings) return -1;
  const Json* value = settings->find(key);
  if (value != nullptr && value->is_object() && value->contains("content")) value = &(*value)["content"];
  return value != nullptr && value->is_string() ? tokens.find(value->get_ref<const std::string&>()) : -1;
}

/// One number or a list of them, of those that are tokens.
std::vector<std::uint64_t> numberedTokens(const JsonObject& object, const char* key, const Tokens& tokens) {
  std::vector<std::uint64_t> ids;
  const Json* value = object.find(key);
  const auto take = [&](const Json& id) {
    if (id.is_number_unsigned() && id.get<std::uint64_t>() < tokens.texts.size()) ids.push_back(id.get<std::uint64_t>());
  };
  if (value != nullptr && value->is_array())
    for (const Json& id : *value) take(id);
  else if (value != nullptr)
    take(*value);
  return ids;
}

/// The special token that the post-processor puts in front of a text; -1: none.
Result<std::int64_t> leadingToken(const JsonObject& tokenizer, const Tokens& tokens) {
  for (const JsonObject& step : TRY(steps(tokenizer, "post_processor", "processors"))) {
    if (TRY(step.stringOr("type", "")) != "TemplateProcessing") continue;
    const Json* single = TRY(step.array("single"));
    if (single == nullptr || single->empty()) continue;
    const JsonObject first = TRY(step.item((*single)[0], step.keyPath("single[0]")));
    const auto special = TRY(first.object("SpecialToken"));
    if (!special) continue;
    const std::string id = TRY(special->string("id"));
    return tokens.find(id);
  }
  return -1;
}

void setId(Metadata& out, const char* key, std::int64_t id) {
  if (id >= 0) out.set(key, {MetaType::u32, static_cast<std::uint64_t>(id)});
}

Result<void> setSpecialTokens(const JsonObject& tokenizer, const std::optional<JsonObject>& settings,
                              const std::optional<JsonObject>& generation, const JsonObject& config, const Tokens& tokens,
                              Metadata& out) {
  const std::int64_t leading = TRY(leadingToken(tokenizer, tokens));
  std::int64_t bos = leading >= 0 ? leading : namedToken(settings, "bos_token", tokens);
  const auto fromConfig = numberedTokens(config, "bos_token_id", tokens);
  if (bos < 0 && !fromConfig.empty()) bos = static_cast<std::int64_t>(fromConfig.front());
  setId(out, "tokenizer.ggml.bos_token_id", bos);
  out.set("tokenizer.ggml.add_bos_token", {MetaType::boolean, leading >= 0});

  std::vector<std::uint64_t> ends;
  const auto take = [&](std::uint64_t id) {
    if (std::ranges::find(ends, id) == ends.end()) ends.push_back(id);
  };
  if (const std::int64_t eos = namedToken(settings, "eos_token", tokens); eos >= 0) take(static_cast<std::uint64_t>(eos));
  if (generation) std::ranges::for_each(numberedTokens(*generation, "eos_token_id", tokens), take);
  std::ranges::for_each(numberedTokens(config, "eos_token_id", tokens), take);
  constexpr const char* kEnds[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};
  for (std::size_t i = 0; i < std::min(ends.size(), std::size(kEnds)); ++i) setId(out, kEnds[i], static_cast<std::int64_t>(ends[i]));
  return {};
}

/// The default one where there are several.
std::string chatTemplate(const std::optional<JsonObject>& settings) {
  const Json* value = settings ? settings->find("chat_template") : nullptr;
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  if (!value->is_array()) return {};
  for (const Json& named : *value)
    if (named.is_object() && named.value("name", Json()) == "default" && named.contains("template") && named["template"].is_string())
      return named["template"].get<std::string>();
  return {};
}

}  // namespace

std::span<const SplitPattern> splitPatterns() { return kPatterns; }

Result<void> readTokenizer(const JsonObject& tokenizer, const std::optional<JsonObject>& settings,
                           const std::optional<JsonObject>& generation, const JsonObject& config, Metadata& metadata) {
  const auto model = TRY(tokenizer.object("model"));
  const std::string type = model ? TRY(model->stringOr("type", "BPE")) : "none";
  if (type != "BPE")
    return fail(ErrorKind::badInput, tokenizer.file(), ": the tokenizer's model is ", inQuotes(type), ", expected \"BPE\"");
  Tokens tokens = TRY(readTokens(tokenizer, *model));
  std::vector<std::string> merges = TRY(readMerges(*model));
  if (TRY(model->booleanOr("byte_fallback", false))) {
    TRY(setSentencePiece(tokenizer, tokens, merges, metadata));
  } else {
    metadata.set("tokenizer.ggml.model", {MetaType::string, std::string("gpt2")});
    std::string rule = TRY(splitRule(tokenizer, *model));
    metadata.set("tokenizer.ggml.pre", {MetaType::string, std::move(rule)});
    metadata.set("tokenizer.ggml.merges", arrayOf(MetaType::string, std::move(merges)));
  }
  const std::string unknown = TRY(model->stringOr("unk_token", ""));
  const std::int64_t unknownId = unknown.empty() ? -1 : tokens.find(unknown);
  setId(metadata, "tokenizer.ggml.unknown_token_id", unknownId);
  TRY(setSpecialTokens(tokenizer, settings, generation, config, tokens, metadata));
  if (const std::string text = chatTemplate(settings); !text.empty())
    metadata.set("tokenizer.chat_template", {MetaType::string, text});
  metadata.set("tokenizer.ggml.token_type", arrayOf(MetaType::i32, std::move(tokens.kinds)));
  metadata.set("tokenizer.ggml.tokens", arrayOf(MetaType::string, std::move(tokens.texts)));
  return {};
}

Result<void> readTokenizer(const std::string& directory, const JsonObject& config, Metadata& metadata) {
  const auto tokenizer = TRY(JsonObject::openIfThere(directory + "/tokenizer.json"));
  if (!tokenizer)
    return fail(ErrorKind::badInput, directory, ": has no tokenizer.json; a tokenizer in another form cannot be read");
  const auto settings = TRY(JsonObject::openIfThere(directory + "/tokenizer_config.json"));
  const auto generation = TRY(JsonObject::openIfThere(directory + "/generation_config.json"));
  return readTokenizer(*tokenizer, settings, generation, config, metadata);
}

}  // namespace cutaway::hf
