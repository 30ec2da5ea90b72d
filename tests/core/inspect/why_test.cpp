// The report on a word the demo model copies, and the two forms a report is written in.
#include "core/inspect/why.h"

#include "core/cpu/cpu_backend.h"
#include "support/inspect_checks.h"

using namespace cutaway;
using namespace cutaway::test;

TEST_CASE("a report on a copied name says who was looked at, and what switching off heads does") {
  const auto session = inspectSession(createCpuBackend(2), projectFile("resources/demo-model/demo-f16.gguf"), 64, 4096);
  const auto& tokenizer = session->tokenizer();
  const auto tokens = tokenizer.encode("<|im_start|>user\nHi, my name is Nora.<|im_end|>\n<|im_start|>assistant\nHello, Nora! How can I help "
                                       "you?<|im_end|>\n<|im_start|>user\nWhat is my name?<|im_end|>\n<|im_start|>assistant\nYour name is",
                                       true, true);
  const auto why = require(Why::create(session->model(), tokens));
  CHECK(why->ownContext() >= tokens.size());
  while (require(why->step(*session))) {
    CHECK(why->progress() >= 0);
    CHECK(why->progress() < 1);
  }
  CHECK(tokenizer.piece(why->word(), true) == " Nora");
  CHECK(why->against() != why->word());
  CHECK(why->attribution().token() == why->word());
  CHECK(why->importance().word() == why->word());
  CHECK(why->ablation().base() == doctest::Approx(why->next().logProbability(why->word())).epsilon(1e-3));

  const Report report = why->report();
  REQUIRE(report.sections.size() == 7);
  for (const ReportSection& section : report.sections)
    for (const auto& row : section.table.rows) CHECK(row.size() == section.table.headings.size());
  const std::string markdown = toMarkdown(report), html = toHtml(report);
  for (const std::string& text : {markdown, html}) {
    for (const char* words : {"What else it could have said", "Where it was decided", "Which words it depended on", "What pushed it",
                              "What happens without a head", "Nora"})
      CHECK(text.find(words) != std::string::npos);
  }
  CHECK(html.find("<svg") != std::string::npos);
}

TEST_CASE("what a model says cannot break out of a report") {
  const Report report{"<script>|", "a\nb", {{"*h*", {"x & <y>"}, {{"a|b"}, {{"c|<d>"}}, {-1}, "e"}, "n_n"}}};
  CHECK(toMarkdown(report) ==
        "# \\<script\\>\\|\n\na b\n\n## \\*h\\*\n\nx & \\<y\\>\n\n| a\\|b | e |\n| --- | --- |\n| c\\|\\<d\\> | −██████████ "
        "|\n\n*n\\_n*\n\n");
  const std::string html = toHtml(report);
  CHECK(html.find("<script>") == std::string::npos);
  CHECK(html.find("x &amp; &lt;y&gt;") != std::string::npos);
}

TEST_CASE("a report on too little text, or a token that is not there, is refused") {
  const auto session = inspectSession(createCpuBackend(1), projectFile("resources/demo-model/demo-f16.gguf"), 16);
  CHECK(Why::create(session->model(), {1}).error().message == "the text has 1 tokens; a report needs two at least");
  CHECK(Why::create(session->model(), {1, 2}, 1 << 20).error().message.starts_with("there is no token 1048576; the vocabulary has "));
}
