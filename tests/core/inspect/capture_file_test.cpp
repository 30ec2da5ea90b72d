// Capture files: written from a recorded text, opened again without the model.
#include "core/inspect/capture_file.h"

#include <unistd.h>

#include <filesystem>

#include "core/cpu/cpu_backend.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("a capture file holds the values, the tokens and their texts") {
  const auto session = inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 16);
  const auto tokens = session->tokenizer().encode("My name is Nora.", true, false);
  const auto path = (std::filesystem::temp_directory_path() / concat("cutaway-capture-", getpid(), ".safetensors")).string();
  const auto writing = require(CaptureToFile::create(session->model(), tokens, "blk.1.attn.pattern,blk.0:2.resid_post", ArrayType::f32, path));
  CHECK(writing->ownContext() == tokens.size());
  require(finish(*writing, *session));
  CHECK(writing->bytes() == (8 * tokens.size() * tokens.size() + 2 * 256 * tokens.size()) * sizeof(float));

  const ArrayFile file = require(readSafetensors(require(mapFile(path))));
  CHECK(file.arrays.size() == 4);
  CHECK(file.metadata.at("model") == session->model().description->name);
  const auto pieces = capturedPieces(file);
  REQUIRE(pieces.size() == tokens.size());
  CHECK(pieces.back() == ".");
  const Captured direct = capture(*session, tokens, "blk.1.resid_post");
  CHECK(require(file.floats(*file.find("blk.1.resid_post"))) == direct.floats("blk.1.resid_post"));
  std::filesystem::remove(path);
}

TEST_CASE("a value that is not there, no text, and a place that cannot be written are refused") {
  const auto session = inspectSession(createCpuBackend(1), projectFile("resources/demo-model/demo-f16.gguf"), 16);
  const auto unknown = CaptureToFile::create(session->model(), {1, 2}, "blk.0.attn.patern", ArrayType::f32, "x");
  REQUIRE(!unknown);
  CHECK(unknown.error().message.find("blk.0.attn.pattern") != std::string::npos);
  CHECK(!CaptureToFile::create(session->model(), {}, "embed", ArrayType::f32, "x"));
  const auto nowhere = require(CaptureToFile::create(session->model(), {1, 2}, "embed", ArrayType::f32, "/no/such/place/x.safetensors"));
  const auto result = finish(*nowhere, *session);
  REQUIRE(!result);
  CHECK(result.error().message.find("/no/such/place/x.safetensors") != std::string::npos);
}
