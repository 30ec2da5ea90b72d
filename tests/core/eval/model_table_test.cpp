#include "core/eval/model_table.h"

#include <sstream>

#include "core/eval/pareto.h"
#include "support/fake_backend.h"
#include "support/quantized_demo.h"

using namespace cutaway;

TEST_CASE("a table has a row per model, the first beside itself and the others beside the first") {
  const test::QuantizedDemo quantized;
  const auto describe = [](const std::string& path) {
    return test::orFail(describeModel(test::orFail(openModelFile(path))));
  };
  const auto demo = describe(test::projectFile("resources/demo-model/demo-f16.gguf"));
  const std::vector<TokenId> tokens =
      demo->tokenizer->encode(test::readFile(test::projectFile("resources/demo-model/demo-eval.txt")).substr(0, 600), true, true);
  ModelTableOptions options;
  options.windows.context = 64;
  options.bench = {8, 3, 1};
  options.sampleOf = demo->tokenizer->encode("Once upon a time,", true, true);
  options.sampleTokens = 5;
  const auto given = [](std::shared_ptr<const ModelDescription> description) { return [description] { return description; }; };
  const auto lost = []() -> Result<std::shared_ptr<const ModelDescription>> {
    return fail(ErrorKind::badInput, "gone.gguf: no such file");
  };
  const auto table = test::orFail(ModelTable::create(createCpuBackend(),
                                                     {{"demo", given(demo)},
                                                      {"other, \"fake\"", given(test::fakeDescription())},
                                                      {"gone", lost},
                                                      {"q4_0", given(describe(quantized.path()))}},
                                                     tokens, options));
  double before = 0;
  while (test::orFail(table->step())) {
    CHECK(table->progress() >= before);
    before = table->progress();
  }
  REQUIRE(table->rows().size() == 4);
  const ModelTableRow &first = table->rows()[0], &broken = table->rows()[1], &coarse = table->rows()[3];
  CHECK(table->rows()[2].problem == "gone.gguf: no such file");
  CHECK(first.divergence.meanKl.value < 1e-5);
  CHECK(first.divergence.meanKl.value > 0);
  CHECK(coarse.divergence.meanKl.value > 1e-3);
  CHECK(coarse.fileBytes < first.fileBytes / 3);
  CHECK(coarse.bitsPerWeight == doctest::Approx(4.5).epsilon(0.02));
  CHECK(coarse.divergence.perplexityA.value == doctest::Approx(first.perplexity.value).epsilon(1e-6));
  for (const ModelTableRow* row : {&first, &coarse}) {
    CHECK(row->problem.empty());
    CHECK(row->generateRate > 0);
    CHECK(row->memory > row->fileBytes / 2);
    CHECK_FALSE(row->sample.empty());
  }
  CHECK(broken.problem.find(broken.name.empty() ? "?" : " ") != std::string::npos);

  std::istringstream csv(toCsv(table->rows()));
  std::string line;
  std::getline(csv, line);
  CHECK(line.starts_with("model,file_bytes,"));
  std::getline(csv, line);
  CHECK(line.starts_with("demo,"));
  std::getline(csv, line);
  CHECK(line.starts_with("\"other, \"\"fake\"\"\","));
  const std::string html = toHtml(toReport(table->rows(), "CPU", "a text", "Once"));
  CHECK(html.find("q4_0") != std::string::npos);
  CHECK(html.find("noise floor") != std::string::npos);
  CHECK(toMarkdown(toReport(table->rows(), "CPU", "a text", "Once")).find("| q4\\_0 |") != std::string::npos);
}

TEST_CASE("the front is what nobody beats in both respects") {
  const std::vector<ParetoPoint> points{{"a", 10, 0.1}, {"b", 5, 0.2}, {"c", 6, 0.3}, {"d", 3, 0.9}, {"e", 10, 0.1}};
  CHECK(paretoFront(points, true) == std::vector<bool>{true, true, false, true, true});
  CHECK(paretoFront(points, false) == std::vector<bool>{true, false, false, false, true});
  const ParetoPicture picture =
      paretoPicture(points, {.x = "MiB", .y = "KL", .floor = 0.001, .floorLabel = "noise <floor>"});
  const std::string& svg = picture.svg;
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.find("noise &lt;floor&gt;") != std::string::npos);
  for (const ParetoPoint& point : points) CHECK(svg.find(">" + point.label + "</text>") != std::string::npos);
  CHECK(paretoPicture({{"a", 1, 0}, {"b", 2, 0.1}}, {}).svg.empty());
  CHECK_FALSE(paretoPicture({{"a", 1, 0.2}, {"b", 1, 0.2}}, {}).svg.empty());
  const auto places = paretoPicture({{"none", 7, NAN}, {"worse", 2, 0.2}, {"better", 1, 0.1}}, {}).places;
  REQUIRE(places.size() == 3);
  CHECK_FALSE(places[0]);
  CHECK(places[1]->x > places[2]->x);
  CHECK(places[1]->y < places[2]->y);  // downwards
}
