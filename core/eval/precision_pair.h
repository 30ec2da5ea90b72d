// One model in two precisions on one device: which tensors differ, what they are for, and tables of weights
// that take some from the one and the rest from the other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/run/model.h"

namespace cutaway {

/// What a weight is for. `other` are those that quantization leaves alone as a rule: norms and biases.
enum class WeightClass : std::uint8_t { query, key, value, output, gate, up, down, embedding, head, other };
inline constexpr std::size_t kWeightClassCount = 10;
const char* weightClassName(WeightClass weightClass);  ///< "query"
/// By the names that GGUF files use: "blk.3.attn_q.weight" is of class query. A tied embedding is `embedding`.
WeightClass weightClassOf(const Weight& weight);

/// Bytes that a tensor takes where the model is stored as it is run: of a simulated precision (convert/simulated_file.h)
/// those of its scheme, and not those of the decoded weights.
std::uint64_t storedBytes(const ModelFile& file, const TensorInfo& tensor);
std::uint64_t storedBytes(const ModelFile& file);  ///< of all tensors
bool isSimulated(const ModelFile& file);

/// By WeightId of the graph: whether the weight is A's, else it is B's.
using Mix = std::vector<bool>;

/// Weights that are switched together: one tensor, a layer's, or a class.
struct RestorePart {
  std::string name;  ///< "blk.3.ffn_down.weight", "layer 3", "down"
  std::vector<WeightId> weights;
  std::int64_t bytes = 0;  ///< that the file grows by when they are A's instead of B's
};

/// A is the finer one, as a rule. Immutable.
class PrecisionPair {
 public:
  /// Fails where the models are on different devices, differ in more than the numbers of their weights, or do
  /// not differ at all.
  static Result<std::shared_ptr<const PrecisionPair>> create(std::shared_ptr<const Model> a,
                                                             std::shared_ptr<const Model> b);

  const std::shared_ptr<const Model>& a() const { return m_a; }
  const std::shared_ptr<const Model>& b() const { return m_b; }
  const Graph& graph() const { return m_b->description->graph(); }

  /// Weights whose numbers differ, one part each, in the order of the graph; layers; classes.
  const std::vector<RestorePart>& tensors() const { return m_tensors; }
  std::vector<RestorePart> layers() const;
  std::vector<RestorePart> classes() const;
  /// Of a tensor ("blk.3.ffn_down.weight", ".weight" may be left out), a layer ("layer 3", "3") or a class. Fails
  /// with the nearest names.
  Result<RestorePart> part(std::string_view name) const;

  Mix allA() const { return Mix(graph().weights.size(), true); }
  Mix allB() const { return Mix(graph().weights.size(), false); }
  WeightTable table(const Mix& mix) const;
  /// A model of that table, with B's description; a Session can be made of it.
  std::shared_ptr<const Model> model(const Mix& mix) const;
  std::uint64_t fileBytes(const Mix& mix) const;  ///< of the tensors in a file
  /// Layer whose values the weight is the first to change: -1 from the embedding on, layers() behind the last.
  std::int32_t firstLayer(WeightId weight) const { return m_firstLayers[weight]; }
  /// Of the first weight in which the mixes differ; layers() + 1 where they are equal.
  std::int32_t firstLayer(const Mix& one, const Mix& other) const;

 private:
  PrecisionPair(std::shared_ptr<const Model> a, std::shared_ptr<const Model> b);
  Result<void> findTensors();

  std::shared_ptr<const Model> m_a, m_b;
  std::vector<RestorePart> m_tensors;
  std::vector<std::int32_t> m_firstLayers;
};

}  // namespace cutaway
