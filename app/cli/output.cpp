#include "app/cli/output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cutaway::cli {

void printJson(const nlohmann::ordered_json& object) {
  print(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

std::string streamRowName(std::uint32_t row) { return row == 0 ? "embed" : std::to_string(row - 1); }

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string aligned(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [key, value] : rows) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : rows) text += key + std::string(width + 2 - key.size(), ' ') + value + "\n";
  return text;
}

}  // namespace cutaway::cli
