// Hugging Face directories against the GGUF files of the same models, and against what goes wrong with them.
#include "core/format/hugging_face.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text/tokenizer.h"
#include "support/paths.h"

using namespace cutaway;
namespace fs = std::filesystem;

namespace {

std::string oracle(const std::string& name) { return test::projectFile("tests/oracles/hugging_face/" + name); }

ModelFile opened(const std::string& path) {
  auto file = openModelFile(path);
  if (!file) FAIL(file.error().message);
  return std::move(*file);
}

std::vector<float> decoded(const ModelFile& file, const TensorInfo& tensor) {
  std::vector<float> weights(tensor.elements());
  const SharedBytes bytes = file.data(tensor);
  REQUIRE(bytes.bytes.size() == tensor.bytes);
  numberFormat(tensor.format).decode(bytes.bytes, weights);
  return weights;
}

/// A copy of a directory to be damaged.
struct Damaged {
  explicit Damaged(const std::string& model) : path(fs::temp_directory_path() / concat("cutaway-hf-", getpid())) {
    fs::remove_all(path);
    fs::copy(oracle("models/" + model), path);
  }
  ~Damaged() { fs::remove_all(path); }

  void edit(const std::string& file, const std::function<void(nlohmann::json&)>& change) const {
    auto json = nlohmann::json::parse(test::readFile((path / file).string()));
    change(json);
    std::ofstream(path / file) << json;
  }
  std::string error() const {
    const auto file = openModelFile(path.string());
    return file ? "no error" : file.error().message.substr(path.string().size());
  }

  fs::path path;
};

}  // namespace

TEST_CASE("a directory holds the tensors of the GGUF file of the same model") {
  for (const std::string name : {"llama-linear-bias", "llama-llama3", "llama-yarn", "qwen2", "qwen2-yarn", "qwen3"}) {
    CAPTURE(name);
    const ModelFile expected = opened(test::projectFile("tests/oracles/families/" + name + ".gguf"));
    const ModelFile found = opened(oracle("models/" + name));
    CHECK(found.tensors.size() == expected.tensors.size());
    for (const TensorInfo& tensor : expected.tensors) {
      CAPTURE(tensor.name);
      const TensorInfo* same = found.find(tensor.name);
      REQUIRE(same != nullptr);
      CHECK(same->shape == tensor.shape);
      CHECK(decoded(found, *same) == decoded(expected, tensor));
    }
    for (const auto& [key, value] : expected.metadata.entries()) {
      if (value.type != MetaType::u32 || key.starts_with("general.") || key.starts_with("tokenizer.")) continue;
      CAPTURE(key);
      REQUIRE(found.metadata.uint(key).has_value());
      CHECK(*found.metadata.uint(key) == *expected.metadata.uint(key));
    }
  }
  CHECK(opened(oracle("models/qwen3")).more.size() == 1);  // two shards
}

TEST_CASE("tokenizer.json gives the tokens that the tokenizers package gives") {
  const auto expected = nlohmann::json::parse(test::readFile(oracle("tokenizers/expected.json")));
  const JsonObject config = *JsonObject::parse("config.json", "{}");
  for (const auto& [name, texts] : expected.items()) {
    CAPTURE(name);
    Metadata metadata("test");
    const auto json = JsonObject::open(oracle("tokenizers/" + name + ".json"));
    REQUIRE(json.has_value());
    const auto read = hf::readTokenizer(*json, std::nullopt, std::nullopt, config, metadata);
    if (!read) FAIL(read.error().message);
    const auto tokenizer = Tokenizer::create(metadata);
    if (!tokenizer) FAIL(tokenizer.error().message);
    if (name != "sentencepiece") CHECK((*tokenizer)->splitRule() == name);
    for (const auto& entry : texts) {
      const std::string text = entry.at("text");
      CAPTURE(text);
      CHECK((*tokenizer)->encode(text, true, true) == entry.at("ids").get<std::vector<TokenId>>());
    }
  }
}

TEST_CASE("what cannot be run says so, with file and key") {
  const auto configError = [](const std::function<void(nlohmann::json&)>& change) {
    const Damaged model("qwen2");
    model.edit("config.json", change);
    return model.error();
  };
  CHECK(configError([](auto& c) { c["model_type"] = "gemma"; }) ==
        "/config.json: \"model_type\" is \"gemma\", which cannot be run; known are llama, mistral, qwen2, qwen3");
  CHECK(configError([](auto& c) { c.erase("hidden_size"); }) == "/config.json: \"hidden_size\" is missing; expected a whole number");
  CHECK(configError([](auto& c) { c["hidden_size"] = -4; }).starts_with("/config.json: \"hidden_size\" is number, expected a whole number"));
  CHECK(configError([](auto& c) { c["num_attention_heads"] = 0; }).find("expected a number from 1") != std::string::npos);
  CHECK(configError([](auto& c) { c["hidden_act"] = "gelu"; }).find("expected \"silu\"") != std::string::npos);
  CHECK(configError([](auto& c) { c["rope_scaling"] = {{"rope_type", "longrope"}}; }).find("\"rope_scaling.rope_type\" is \"longrope\"") != std::string::npos);
  CHECK(configError([](auto& c) { c["rope_scaling"] = 3; }) == "/config.json: \"rope_scaling\" is number, expected an object");
}

TEST_CASE("missing and damaged files of a directory are named") {
  {
    const Damaged model("qwen2");
    fs::remove(model.path / "tokenizer.json");
    CHECK(model.error() == ": has no tokenizer.json; a tokenizer in another form cannot be read");
  }
  {
    const Damaged model("qwen2");
    std::ofstream(model.path / "tokenizer.json") << "{";
    CHECK(model.error() == "/tokenizer.json: is not a JSON object");
  }
  {
    const Damaged model("qwen2");
    fs::remove(model.path / "model.safetensors");
    CHECK(model.error().find("has neither model.safetensors nor") != std::string::npos);
  }
  {
    const Damaged model("qwen3");
    model.edit("model.safetensors.index.json", [](auto& index) { index["weight_map"]["lm_head.weight"] = "../x"; });
    CHECK(model.error().find("\"weight_map.lm_head.weight\" is not the name of a file") != std::string::npos);
  }
  {
    const Damaged model("llama-llama3");
    model.edit("config.json", [](auto& c) { c["num_attention_heads"] = 7; });
    CHECK(model.error().find("expected an even number for each of 7 heads") != std::string::npos);
  }
  {
    const Damaged model("qwen2");
    fs::resize_file(model.path / "model.safetensors", fs::file_size(model.path / "model.safetensors") - 1000);
    CHECK(model.error().find("/model.safetensors: array ") == 0);
  }
  {
    const Damaged model("qwen2");
    model.edit("tokenizer.json", [](auto& t) { t["pre_tokenizer"] = {{"type", "Whitespace"}}; });
    CHECK(model.error().find("is none that this version knows") != std::string::npos);
  }
  {
    const Damaged model("qwen2");
    model.edit("tokenizer.json", [](auto& t) { t["model"]["vocab"]["!"] = 4000000000u; });
    CHECK(model.error().find("this is no vocabulary") != std::string::npos);
  }
}

TEST_CASE("packed weights that do not fit their configuration are refused, and the others decode") {
  const auto packedError = [](const std::function<void(nlohmann::json&)>& change) {
    const Damaged model("../packed/gptq-4-desc");
    model.edit("config.json", [&](auto& config) { change(config["quantization_config"]); });
    return model.error();
  };
  CHECK(packedError([](auto& q) { q["bits"] = 3; }).find("expected") != std::string::npos);
  CHECK(packedError([](auto& q) { q["bits"] = 0; }).find("holds 2, 3, 4 or 8 bits, not 0") != std::string::npos);
  CHECK(packedError([](auto& q) { q["bits"] = 1u << 30; }).find("bits") != std::string::npos);
  CHECK(packedError([](auto& q) { q["group_size"] = 16; }).find("of 3 x 8, expected 6 x 8") != std::string::npos);
  CHECK(packedError([](auto& q) { q["group_size"] = 64; }).find("of 3 x 8, expected 2 x 8") != std::string::npos);
  CHECK(packedError([](auto& q) { q["quant_method"] = "bitsandbytes"; }).find("is \"bitsandbytes\"; gptq and awq can be read") != std::string::npos);
  CHECK(packedError([](auto& q) { q["checkpoint_format"] = "marlin"; }).find("gptq and gptq_v2 can be read") != std::string::npos);
  CHECK(packedError([](auto& q) { q["quant_method"] = "awq"; }).find(" has \"model.layers.0.") != std::string::npos);
  CHECK(packedError([](auto&) {}) == "no error");
  for (const std::string name : {"gptq-4", "gptq-4-sym", "gptq-3", "gptq-2-sym", "gptq-8-sym", "gptq-4-desc", "awq-4"}) {
    const ModelFile file = opened(oracle("packed/" + name));
    for (const TensorInfo& tensor : file.tensors)
      for (const float weight : decoded(file, tensor)) REQUIRE(std::abs(weight) < 10);
  }
}
