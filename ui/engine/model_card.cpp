#include "ui/engine/model_card.h"

#include <QCoreApplication>
#include <map>

namespace cutaway {
namespace {

/// The class of a tensor follows from a part of its name; the first row that matches counts.
struct TensorClass {
  const char* part;
  const char* title;
};
constexpr TensorClass kTensorClasses[] = {
    {"norm", QT_TRANSLATE_NOOP("ModelCard", "norms")},
    {"attn", QT_TRANSLATE_NOOP("ModelCard", "attention")},
    {"ffn", QT_TRANSLATE_NOOP("ModelCard", "feed-forward")},
    {"token_embd", QT_TRANSLATE_NOOP("ModelCard", "embedding")},
    {"output", QT_TRANSLATE_NOOP("ModelCard", "output")},
    {"", QT_TRANSLATE_NOOP("ModelCard", "other")},
};

QString tensorClass(const std::string& name) {
  for (const TensorClass& row : kTensorClasses) {
    if (name.find(row.part) != std::string::npos) return QCoreApplication::translate("ModelCard", row.title);
  }
  return {};
}

void addTensors(ModelCard& card, const ModelFile& file) {
  std::map<QString, quint64> byFormat;
  for (const TensorInfo& tensor : file.tensors) {
    const QString title = tensorClass(tensor.name);
    const QString format = QLatin1String(numberFormat(tensor.format).name);
    auto share = std::find_if(card.formats.begin(), card.formats.end(), [&](const FormatShare& known) {
      return known.tensors == title && known.format == format;
    });
    if (share == card.formats.end()) share = card.formats.insert(share, {title, format, 0, 0});
    ++share->count;
    share->bytes += tensor.bytes;
    byFormat[format] += tensor.bytes;
    card.parameters += tensor.elements();
  }
  std::sort(card.formats.begin(), card.formats.end(),
            [](const FormatShare& a, const FormatShare& b) { return a.bytes > b.bytes; });
  quint64 most = 0;
  for (const auto& [format, bytes] : byFormat) {
    if (bytes <= most) continue;
    most = bytes;
    card.mainFormat = format;
  }
}

}  // namespace

ModelCard makeModelCard(const ModelDescription& model, const QString& path) {
  const Config& config = model.config();
  ModelCard card;
  card.path = path;
  card.name = QString::fromStdString(model.name);
  card.family = QString::fromStdString(config.family);
  card.container = QString::fromStdString(model.file.container);
  card.tokenizer = QString::fromStdString(model.tokenizer->family());
  if (!model.tokenizer->splitRule().empty()) {
    card.tokenizer += QStringLiteral(", ") + QString::fromStdString(model.tokenizer->splitRule());
  }
  card.bytes = model.file.bytes();
  card.layers = config.layers;
  card.width = config.width;
  card.queryHeads = config.queryHeads;
  card.keyValueHeads = config.keyValueHeads;
  card.headWidth = config.headWidth;
  card.ffnWidth = config.ffnWidth;
  card.vocabulary = config.vocabulary;
  card.contextLength = config.contextLength;
  card.templateText = QString::fromStdString(model.templateText);
  addTensors(card, model.file);
  const Metadata& metadata = model.file.metadata;
  card.simulation = QString::fromStdString(metadata.stringOr("cutaway.simulated", "").value_or(""));
  if (!card.simulation.isEmpty()) card.mainFormat = card.simulation;
  card.activations = QString::fromStdString(metadata.stringOr("cutaway.activations", "").value_or(""));
  if (model.activations.scale == ActivationScale::dynamic) card.mainFormat += QStringLiteral(" + A8");
  if (model.activations.scale == ActivationScale::fixed) card.mainFormat += QStringLiteral(" + A8 static");
  card.simulatedBits = metadata.numberOr("cutaway.simulated.bits_per_weight", 0).value_or(0);
  card.simulatedSnr = metadata.numberOr("cutaway.simulated.snr_db", 0).value_or(0);
  return card;
}

MemoryUse memoryUse(const Ledger& ledger) {
  MemoryUse use;
  use.weights = ledger.used(MemoryClass::weights);
  use.cache = ledger.used(MemoryClass::cache);
  use.scratch = ledger.used(MemoryClass::scratch);
  use.capture = ledger.used(MemoryClass::capture);
  use.archive = ledger.used(MemoryClass::archive);
  use.available = ledger.available();
  return use;
}

}  // namespace cutaway
