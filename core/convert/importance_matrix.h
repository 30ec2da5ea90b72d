// Importance matrices: how strongly each column of a weight is driven, as llama.cpp's llama-imatrix measures and stores it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/mapped_file.h"
#include "core/base/result.h"

namespace cutaway {

/// Mean of the squared inputs of a weight's columns, over the tokens of a text.
struct ImportanceMatrix {
  std::string name;  ///< of the file, for errors
  struct Entry {
    std::vector<float> means;  ///< (columns)
    double tokens = 0;         ///< that were averaged; 0 where the file does not say
  };
  std::map<std::string, Entry> entries;  ///< by the weight's name
  std::vector<std::string> texts;        ///< files that were read for it
  std::uint32_t chunks = 0, chunkTokens = 0;

  /// Empty where the file has nothing for the weight. Fails when it is of another width: of another model.
  Result<std::span<const float>> find(const std::string& weight, std::uint64_t columns) const;
};

/// GGUF, or the format before it (.dat), told apart by content. Fails on numbers that are negative or not finite.
Result<ImportanceMatrix> readImportance(const std::string& path);
Result<ImportanceMatrix> readImportance(const SharedBytes& source);

/// As GGUF, which llama.cpp reads.
Result<void> writeImportance(const std::string& path, const ImportanceMatrix& matrix);

}  // namespace cutaway
