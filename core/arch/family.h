// The table of model families: metadata to Config, Config to Graph. One file and one line per family.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/format/model_file.h"
#include "core/graph/graph.h"

namespace cutaway {

/// A model's hyperparameters under their textbook letters.
struct Config {
  std::string family;  ///< general.architecture
  std::uint32_t layers = 0;
  std::uint32_t width = 0;          ///< D
  std::uint32_t queryHeads = 0;     ///< H
  std::uint32_t keyValueHeads = 0;  ///< G, divides H
  std::uint32_t headWidth = 0;      ///< d
  std::uint32_t ffnWidth = 0;       ///< F
  std::uint32_t vocabulary = 0;     ///< V
  std::uint32_t contextLength = 0;  ///< tokens it was trained for
  float normEpsilon = 1e-5f;
  RopeAttributes rope;
  bool tiedOutput = false;     ///< logits use the embedding table
  bool attentionBias = false;  ///< biases on q, k, v
  bool outputBias = false;     ///< bias on the attention's output projection
};

struct Family {
  const char* name;                                    ///< as general.architecture says it
  Result<Config> (*configure)(const ModelFile& file);  ///< checks every size against the tensors
  Graph (*build)(const Config& config);
};

std::span<const Family> families();

struct Architecture {
  Config config;
  Graph graph;
};

/// Finds the family, builds the graph and checks that the file holds every weight in the graph's shape.
/// An unknown family's error lists the known ones.
Result<Architecture> readArchitecture(const ModelFile& file);

}  // namespace cutaway
