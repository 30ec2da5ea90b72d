#include "core/convert/simulated_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/quant/fallback.h"
#include "core/run/ledger.h"

namespace cutaway {
namespace {

constexpr std::string_view kEverything = ":all";
constexpr std::uint64_t kAlignment = 64;

bool isConcerned(const TensorInfo& tensor, const Simulation& simulation) {
  if (tensor.shape.size() < 2 || !tensor.name.ends_with(".weight") || tensor.name.ends_with("_norm.weight")) return false;
  return simulation.everything || tensor.name.starts_with("blk.");
}

FormatId storedIn(const TensorInfo& tensor, const Scheme& scheme) {
  return scheme.kind == Scheme::Kind::format ? formatForRows(scheme.format, tensor.columns()) : FormatId::f32;
}

/// Where the tensors lie in memory.
std::uint64_t placeTensors(const ModelFile& file, const Simulation& simulation, std::vector<TensorInfo>& tensors) {
  std::uint64_t end = 0;
  for (TensorInfo tensor : file.tensors) {
    if (isConcerned(tensor, simulation)) {
      tensor.format = storedIn(tensor, simulation.scheme);
      tensor.bytes = numberFormat(tensor.format).bytesFor(tensor.elements());
    }
    tensor.part = 0;
    tensor.made = nullptr;
    tensor.offset = (end + kAlignment - 1) / kAlignment * kAlignment;
    end = tensor.offset + tensor.bytes;
    tensors.push_back(std::move(tensor));
  }
  return end;
}

/// Over the matrices concerned.
struct Account {
  double squares = 0, squaredError = 0, bits = 0, weights = 0;
};

void simulateTensor(const ModelFile& file, const TensorInfo& from, const TensorInfo& to, const Scheme& scheme,
                    std::span<std::byte> out, ThreadPool& pool, Account& account) {
  const std::uint64_t rows = from.rows(), columns = from.columns();
  const NumberFormat &source = numberFormat(from.format), &target = numberFormat(to.format);
  std::vector<float> weights(from.elements());
  const SharedBytes data = file.data(from);
  const auto bytes = data.bytes;
  pool.parallelFor(rows, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
    source.decode(bytes.subspan(begin * source.bytesFor(columns), (end - begin) * source.bytesFor(columns)),
                  std::span(weights).subspan(begin * columns, (end - begin) * columns));
  });
  const std::vector<float> before = weights;
  if (scheme.kind != Scheme::Kind::format) simulate(scheme, rows, columns, weights, pool);
  std::vector<Account> parts(rows);
  pool.parallelFor(rows, 1 + 4096 / columns, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const auto values = std::span(weights).subspan(row * columns, columns);
      const auto blocks = out.subspan(row * target.bytesFor(columns), target.bytesFor(columns));
      target.encode(values, {}, blocks);
      target.decode(blocks, values);
      for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
        const double weight = double{before[i]}, error = double{weights[i]} - weight;
        parts[row].squares += weight * weight;
        parts[row].squaredError += error * error;
      }
    }
  });
  for (const Account& part : parts) {
    account.squares += part.squares;
    account.squaredError += part.squaredError;
  }
  account.bits += scheme.bitsPerWeight(rows, columns) * static_cast<double>(from.elements());
  account.weights += static_cast<double>(from.elements());
}

void note(Metadata& metadata, const Simulation& simulation, const Account& account) {
  metadata.set("cutaway.simulated", {MetaType::string, toString(simulation)});
  metadata.set("cutaway.simulated.bits_per_weight", {MetaType::f64, account.bits / std::max(account.weights, 1.0)});
  if (account.squaredError > 0)
    metadata.set("cutaway.simulated.snr_db",
                 {MetaType::f64, 10 * std::log10(account.squares / account.squaredError)});
}

}  // namespace

Result<Simulation> parseSimulation(std::string_view text) {
  const bool everything = text.ends_with(kEverything);
  if (everything) text.remove_suffix(kEverything.size());
  return Simulation{TRY(parseScheme(text)), everything};
}

std::string toString(const Simulation& simulation) {
  return toString(simulation.scheme) + std::string(simulation.everything ? kEverything : "");
}

std::string describe(const Simulation& simulation) {
  return concat(describe(simulation.scheme), simulation.everything ? ", embedding and output too" : "");
}

Result<ModelFile> simulatedFile(const ModelFile& file, const Simulation& simulation, ThreadPool& pool,
                                const std::function<bool(std::uint64_t done, std::uint64_t total)>& progress) {
  ModelFile made{{file.source.name, {}, nullptr}, file.container, file.metadata, {}, {}, file.notes};
  const std::uint64_t total = placeTensors(file, simulation, made.tensors);
  if (const std::uint64_t free = freeHostMemory(); total > free)
    return fail(ErrorKind::outOfMemory, "simulating ", describe(simulation), " takes ", formatBytes(total),
                " of memory, but only ", formatBytes(free), " are free; a scheme that is a number format, such as q4_K, takes less");
  auto memory = std::make_shared<std::vector<std::byte>>(total);
  Account account;
  for (std::size_t i = 0; i < file.tensors.size(); ++i) {
    const TensorInfo &from = file.tensors[i], &to = made.tensors[i];
    if (progress && !progress(to.offset, total)) return fail(ErrorKind::cancelled, "Loading was cancelled.");
    const auto out = std::span(*memory).subspan(to.offset, to.bytes);
    if (isConcerned(from, simulation)) {
      simulateTensor(file, from, to, simulation.scheme, out, pool, account);
    } else {
      std::memcpy(out.data(), file.data(from).bytes.data(), to.bytes);
    }
  }
  note(made.metadata, simulation, account);
  made.source.bytes = *memory;
  made.source.owner = std::move(memory);
  return made;
}

}  // namespace cutaway
