// Printing: one JSON object with --json, text for people otherwise.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutaway::cli {

/// Prints one JSON object and a line end. Text that is not UTF-8 is shown with U+FFFD.
void printJson(const nlohmann::ordered_json& object);
void print(const std::string& text);  ///< as it is, flushed

double rounded(double value, int decimals);
/// Of the residual stream's rows: "embed", then the layers, "0", "1", ..
std::string streamRowName(std::uint32_t row);
/// In quotes, escaped as in JSON.
std::string quoted(std::string_view text);
/// Key and value lines with the values below each other.
std::string aligned(const std::vector<std::pair<std::string, std::string>>& rows);

}  // namespace cutaway::cli
