// One layer of a model at a time over a whole text, on any device: what methods that look at a layer's inputs are made of.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/run/model.h"

namespace cutaway {

/// Holds the residual stream of all tokens on the host, and on the device one layer's weights and the cache of one chunk.
class LayerRunner {
 public:
  /// The text in chunks of at most `chunkTokens` tokens, each read from its own start; `source` is read for the embedding.
  static Result<LayerRunner> create(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend,
                                    const ModelFile& source, std::span<const TokenId> text, std::uint32_t chunkTokens);

  /// Makes a layer ready with the weights that `file` has under its names. Layers are done in order, each as often as
  /// wanted before advance().
  Result<void> bind(std::uint32_t layer, const ModelFile& file);
  /// Values of the layer over one chunk: rows (tokens of the chunk, width) in the order of `names` ("attn.norm").
  Result<std::vector<std::vector<float>>> run(std::size_t chunk, std::span<const std::string_view> names);
  /// The same, and the layer's output becomes the next one's input.
  Result<void> advance(std::size_t chunk);

  std::size_t chunks() const { return m_chunks.size(); }
  std::uint64_t tokens() const;
  std::uint32_t layers() const { return m_model->graph().layers; }

 private:
  struct Chunk {
    std::vector<TokenId> tokens;
    std::vector<float> stream;  ///< (tokens, D) before the layer at hand
  };
  LayerRunner(std::shared_ptr<const ModelDescription> model, std::shared_ptr<Backend> backend)
      : m_model(std::move(model)), m_backend(std::move(backend)) {}
  Result<StepResult> step(const Chunk& chunk, std::span<const Tap> taps);

  std::shared_ptr<const ModelDescription> m_model;
  std::shared_ptr<Backend> m_backend;
  std::vector<Chunk> m_chunks;
  std::uint32_t m_chunkTokens = 0, m_layer = 0;
  Graph m_graph;  ///< of the layer alone
  ValueId m_input = kNone;
  std::unique_ptr<Plan> m_plan;
};

}  // namespace cutaway
