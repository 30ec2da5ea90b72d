// A report as plain data (headings, text, tables with bars), written as Markdown or as one HTML page without scripts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cutaway {

struct ReportTable {
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;
  /// One per row where the table has a figure: the length of its bar; negative ones grow to the left. Or empty.
  std::vector<double> bars;
  std::string barMeaning;  ///< heading of the bars
};

struct ReportSection {
  std::string heading;
  std::vector<std::string> paragraphs;  ///< before the table
  ReportTable table;                    ///< without headings: none
  std::string note;                     ///< behind the table; may be empty
  std::string figure = {};              ///< before the table, in HTML alone: SVG; may be empty
};

struct Report {
  std::string title, subtitle;
  std::vector<ReportSection> sections;
};

/// UTF-8. What is special in the format is escaped, so that any text of a model can stand in it.
std::string toMarkdown(const Report& report);
std::string htmlText(std::string_view text);  ///< escaped
std::string toHtml(const Report& report);  ///< light and dark, by what the reader's browser asks for

}  // namespace cutaway
