#include "core/eval/precision_pair.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "core/base/nearest.h"

namespace cutaway {
namespace {

struct ClassName {
  WeightClass weightClass;
  const char* name;
  std::string_view tensor;  ///< in the file, without its layer
};
constexpr std::array<ClassName, kWeightClassCount> kClasses = {{
    {WeightClass::query, "query", "attn_q.weight"},
    {WeightClass::key, "key", "attn_k.weight"},
    {WeightClass::value, "value", "attn_v.weight"},
    {WeightClass::output, "output", "attn_output.weight"},
    {WeightClass::gate, "gate", "ffn_gate.weight"},
    {WeightClass::up, "up", "ffn_up.weight"},
    {WeightClass::down, "down", "ffn_down.weight"},
    {WeightClass::embedding, "embedding", "token_embd.weight"},
    {WeightClass::head, "head", "output.weight"},
    {WeightClass::other, "other", ""},
}};

/// "blk.12.ffn_up.weight" is "ffn_up.weight" of a layer.
std::string_view withoutLayer(std::string_view name) {
  if (!name.starts_with("blk.")) return name;
  const std::size_t dot = name.find('.', 4);
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::vector<std::int32_t> firstLayers(const Graph& graph) {
  std::vector<std::int32_t> layers(graph.weights.size(), static_cast<std::int32_t>(graph.layers));
  bool inLayers = false;
  for (const Node& node : graph.nodes) {
    inLayers = inLayers || node.layer != kNone;
    const std::int32_t layer = node.layer != kNone ? node.layer
                               : inLayers          ? static_cast<std::int32_t>(graph.layers)
                                                   : -1;
    for (const WeightId weight : node.weights)
      if (weight != kNone) layers[weight] = std::min(layers[weight], layer);
  }
  return layers;
}

bool sameNumbers(const ModelFile& a, const TensorInfo& inA, const ModelFile& b, const TensorInfo& inB) {
  if (inA.format != inB.format || inA.bytes != inB.bytes) return false;
  const SharedBytes one = a.data(inA), other = b.data(inB);
  return std::ranges::equal(one.bytes, other.bytes);
}

RestorePart joined(std::string name, const RestorePart& with, RestorePart part) {
  part.name = std::move(name);
  part.weights.insert(part.weights.end(), with.weights.begin(), with.weights.end());
  part.bytes += with.bytes;
  return part;
}

}  // namespace

bool isSimulated(const ModelFile& file) { return file.metadata.has("cutaway.simulated"); }

std::uint64_t storedBytes(const ModelFile& file, const TensorInfo& tensor) {
  if (!isSimulated(file)) return tensor.bytes;
  const WeightClass of = weightClassOf({tensor.name, {}});
  const bool everything = file.metadata.stringOr("cutaway.simulated", "").value_or("").ends_with(":all");
  const bool outside = of == WeightClass::embedding || of == WeightClass::head;
  if (of == WeightClass::other || (outside && !everything)) return tensor.bytes;
  const double bits = file.metadata.numberOr("cutaway.simulated.bits_per_weight", 0).value_or(0);
  return static_cast<std::uint64_t>(bits / 8 * static_cast<double>(tensor.elements()));
}

std::uint64_t storedBytes(const ModelFile& file) {
  std::uint64_t bytes = 0;
  for (const TensorInfo& tensor : file.tensors) bytes += storedBytes(file, tensor);
  return bytes;
}

const char* weightClassName(WeightClass weightClass) { return kClasses[static_cast<std::size_t>(weightClass)].name; }

WeightClass weightClassOf(const Weight& weight) {
  const auto known = std::ranges::find(kClasses, withoutLayer(weight.name), &ClassName::tensor);
  return known == kClasses.end() ? WeightClass::other : known->weightClass;
}

PrecisionPair::PrecisionPair(std::shared_ptr<const Model> a, std::shared_ptr<const Model> b)
    : m_a(std::move(a)), m_b(std::move(b)), m_firstLayers(firstLayers(graph())) {}

Result<std::shared_ptr<const PrecisionPair>> PrecisionPair::create(std::shared_ptr<const Model> a,
                                                                   std::shared_ptr<const Model> b) {
  const std::string &nameA = a->description->file.source.name, &nameB = b->description->file.source.name;
  if (a->backend != b->backend)
    return fail(ErrorKind::usage, nameA, " and ", nameB, " are on different devices; weights can be mixed on one alone");
  const Graph &one = a->description->graph(), &other = b->description->graph();
  if (toString(one) != toString(other) || !std::ranges::equal(one.weights, other.weights, {}, &Weight::name, &Weight::name))
    return fail(ErrorKind::badInput, nameA, " and ", nameB,
                " are not two precisions of one model: their forward passes differ (compare `graph` of both)");
  std::shared_ptr<PrecisionPair> pair(new PrecisionPair(std::move(a), std::move(b)));
  TRY(pair->findTensors());
  return std::shared_ptr<const PrecisionPair>(std::move(pair));
}

Result<void> PrecisionPair::findTensors() {
  const ModelFile &fileA = m_a->description->file, &fileB = m_b->description->file;
  for (std::size_t id = 0; id < graph().weights.size(); ++id) {
    const std::string& name = graph().weights[id].name;
    const TensorInfo *inA = fileA.find(name), *inB = fileB.find(name);
    if (inA == nullptr || inB == nullptr || inA->shape != inB->shape)
      return fail(ErrorKind::badInput, fileB.source.name, ": the tensor ", name, " is missing or has another shape than in ",
                  fileA.source.name);
    if (!sameNumbers(fileA, *inA, fileB, *inB))
      m_tensors.push_back({name, {static_cast<WeightId>(id)}, static_cast<std::int64_t>(storedBytes(fileA, *inA) - storedBytes(fileB, *inB))});
  }
  if (m_tensors.empty())
    return fail(ErrorKind::badInput, fileA.source.name, " and ", fileB.source.name,
                " have the same weights: there is nothing to restore");
  return {};
}

std::vector<RestorePart> PrecisionPair::layers() const {
  std::map<std::int32_t, RestorePart> parts;
  for (const RestorePart& tensor : m_tensors) {
    const std::int32_t layer = firstLayer(tensor.weights.front());
    if (layer >= 0 && layer < static_cast<std::int32_t>(graph().layers))
      parts[layer] = joined(concat("layer ", layer), tensor, std::move(parts[layer]));
  }
  std::vector<RestorePart> list;
  for (auto& [layer, part] : parts) list.push_back(std::move(part));
  return list;
}

std::vector<RestorePart> PrecisionPair::classes() const {
  std::map<WeightClass, RestorePart> parts;
  for (const RestorePart& tensor : m_tensors) {
    const WeightClass of = weightClassOf(graph().weights[tensor.weights.front()]);
    parts[of] = joined(weightClassName(of), tensor, std::move(parts[of]));
  }
  std::vector<RestorePart> list;
  for (auto& [of, part] : parts) list.push_back(std::move(part));
  return list;
}

Result<RestorePart> PrecisionPair::part(std::string_view name) const {
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool isNumber = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  const std::string asked = isNumber ? concat("layer ", number) : std::string(name);
  const std::vector<RestorePart> kinds[] = {m_tensors, layers(), classes()};
  std::vector<std::string_view> names;
  for (const std::vector<RestorePart>& parts : kinds)
    for (const RestorePart& part : parts) {
      if (part.name == asked || part.name == asked + ".weight") return part;
      names.emplace_back(part.name);
    }
  return fail(ErrorKind::usage, "there is nothing called ", name, " in which the two precisions differ; the nearest names are ",
              nearestOf(names, name));
}

WeightTable PrecisionPair::table(const Mix& mix) const {
  WeightTable table = m_b->weights;
  for (std::size_t id = 0; id < table.size(); ++id)
    if (mix[id]) table[id] = m_a->weights[id];
  return table;
}

std::shared_ptr<const Model> PrecisionPair::model(const Mix& mix) const {
  return std::make_shared<const Model>(Model{m_b->description, m_b->backend, table(mix), 0});
}

std::uint64_t PrecisionPair::fileBytes(const Mix& mix) const {
  std::uint64_t bytes = storedBytes(m_b->description->file);
  for (const RestorePart& tensor : m_tensors)
    if (mix[tensor.weights.front()]) bytes += static_cast<std::uint64_t>(tensor.bytes);  // may be negative: it wraps
  return bytes;
}

std::int32_t PrecisionPair::firstLayer(const Mix& one, const Mix& other) const {
  auto first = static_cast<std::int32_t>(graph().layers) + 1;
  for (const RestorePart& tensor : m_tensors)
    if (const WeightId id = tensor.weights.front(); one[id] != other[id]) first = std::min(first, m_firstLayers[id]);
  return first;
}

}  // namespace cutaway
