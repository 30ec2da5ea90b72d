#include "core/inspect/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/result.h"

namespace cutaway {
namespace {

constexpr int kBarCharacters = 10;  ///< of a Markdown bar
constexpr int kBarWidth = 160, kBarHeight = 10;  ///< pixels of an HTML bar

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.1rem;margin-top:2rem}p.sub,p.note{color:#666}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{text-align:left;padding:.15rem .8rem .15rem 0;border-bottom:1px solid #e4e4e4;white-space:pre-wrap;vertical-align:top}"
    "th{font-weight:600;color:#666}rect.up,circle.up{fill:#3b4cc0}circle.off{fill:#999}polyline.front{stroke:#3b4cc0}rect.down{fill:#d1495b}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1c1c1e}th,td{border-color:#38383a}"
    "p.sub,p.note,th{color:#999}rect.up,circle.up{fill:#8ea2ff}polyline.front{stroke:#8ea2ff}rect.down{fill:#ff8a97}}";

std::string markdownText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += ' ';
    } else {
      if (std::string_view("\\`*_{}[]<>#|~!").find(c) != std::string_view::npos) escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

double longest(const ReportTable& table) {
  double most = 0;
  for (const double bar : table.bars) most = std::max(most, std::abs(bar));
  return most > 0 ? most : 1;
}

std::string markdownBar(double share) {
  const auto blocks = static_cast<std::size_t>(std::lround(std::abs(share) * kBarCharacters));
  std::string bar = share < 0 && blocks > 0 ? "−" : "";
  for (std::size_t i = 0; i < blocks; ++i) bar += "█";
  return bar;
}

/// From the middle where some are negative, else from the left.
std::string htmlBar(double share, bool bothSides) {
  const double zero = bothSides ? kBarWidth / 2.0 : 0, room = kBarWidth - zero;
  const double width = std::abs(share) * room, left = share < 0 ? zero - width : zero;
  char text[200];
  std::snprintf(text, sizeof text,
                "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%.2f\"><rect class=\"%s\" x=\"%.1f\" y=\"0\" "
                "width=\"%.1f\" height=\"%d\"/></svg>",
                kBarWidth, kBarHeight, share, share < 0 ? "down" : "up", left, std::max(width, 0.5), kBarHeight);
  return text;
}

std::string markdownTable(const ReportTable& table) {
  const bool bars = !table.bars.empty();
  std::string text = "|", rule = "|";
  for (const std::string& heading : table.headings) {
    text += concat(" ", markdownText(heading), " |");
    rule += " --- |";
  }
  if (bars) {
    text += concat(" ", markdownText(table.barMeaning), " |");
    rule += " --- |";
  }
  text += "\n" + rule + "\n";
  const double most = longest(table);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    text += "|";
    for (const std::string& cell : table.rows[row]) text += concat(" ", markdownText(cell), " |");
    if (bars) text += concat(" ", markdownBar(table.bars[row] / most), " |");
    text += "\n";
  }
  return text + "\n";
}

std::string htmlTable(const ReportTable& table) {
  const bool bars = !table.bars.empty();
  const bool bothSides = std::ranges::any_of(table.bars, [](double bar) { return bar < 0; });
  std::string text = "<table><thead><tr>";
  for (const std::string& heading : table.headings) text += concat("<th>", htmlText(heading), "</th>");
  if (bars) text += concat("<th>", htmlText(table.barMeaning), "</th>");
  text += "</tr></thead><tbody>\n";
  const double most = longest(table);
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    text += "<tr>";
    for (const std::string& cell : table.rows[row]) text += concat("<td>", htmlText(cell), "</td>");
    if (bars) text += concat("<td>", htmlBar(table.bars[row] / most, bothSides), "</td>");
    text += "</tr>\n";
  }
  return text + "</tbody></table>\n";
}

}  // namespace

std::string htmlText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string toMarkdown(const Report& report) {
  std::string text = concat("# ", markdownText(report.title), "\n\n");
  if (!report.subtitle.empty()) text += markdownText(report.subtitle) + "\n\n";
  for (const ReportSection& section : report.sections) {
    text += concat("## ", markdownText(section.heading), "\n\n");
    for (const std::string& paragraph : section.paragraphs) text += markdownText(paragraph) + "\n\n";
    if (!section.table.headings.empty()) text += markdownTable(section.table);
    if (!section.note.empty()) text += concat("*", markdownText(section.note), "*\n\n");
  }
  return text;
}

std::string toHtml(const Report& report) {
  const std::string title = htmlText(report.title);
  std::string text = concat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", title, "</title><style>", kStyle,
                            "</style></head><body>\n<h1>", title, "</h1>\n");
  if (!report.subtitle.empty()) text += concat("<p class=\"sub\">", htmlText(report.subtitle), "</p>\n");
  for (const ReportSection& section : report.sections) {
    text += concat("<h2>", htmlText(section.heading), "</h2>\n");
    for (const std::string& paragraph : section.paragraphs) text += concat("<p>", htmlText(paragraph), "</p>\n");
    text += section.figure;
    if (!section.table.headings.empty()) text += htmlTable(section.table);
    if (!section.note.empty()) text += concat("<p class=\"note\">", htmlText(section.note), "</p>\n");
  }
  return text + "</body></html>\n";
}

}  // namespace cutaway
