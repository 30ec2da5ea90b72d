// A toy device and model for tests of sessions, generations and the window: what it predicts is a function of
// the tokens that its cache really holds, so that a mistake in the cache's bookkeeping changes the answer. Whatever
// is tapped is (T, 1): the token that the cache holds there.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/run/model.h"

namespace cutaway::test {

struct FakeOptions {
  std::uint32_t vocabulary = 256;  ///< token t stands for the byte t; 0 is the end token
  std::uint32_t width = 8;         ///< of the only weight, (vocabulary, width); nothing reads it
  std::uint32_t contextLength = 512;
  std::uint64_t memory = std::uint64_t{64} << 20;
  DeviceKind kind = DeviceKind::cpu;
  /// The most likely token after these; by default the last one plus 1, modulo the vocabulary.
  std::function<TokenId(std::span<const TokenId> prefix)> next = {};
  /// Changes a row's logits before they are summed up.
  std::function<void(std::vector<float>& logits, std::size_t position)> change = {};
  bool follows = false;  ///< whether its plans can follow their own most likely token
  bool tellsTime = false;  ///< whether its plans tell where a step's time went: a microsecond per token in "blk"
  std::chrono::microseconds perToken{0};  ///< how long a step takes
};

class FakeBackend : public Backend {
 public:
  explicit FakeBackend(FakeOptions options);

  const DeviceInfo& device() const override { return m_device; }
  Ledger& ledger() override { return m_ledger; }
  std::uint64_t deviceBytes(const Weight& weight, const TensorInfo& tensor) const override;
  std::uint64_t scratchBytes(const Graph& graph, const PlanOptions& options) const override;
  Result<WeightTable> upload(const ModelFile& file, const Graph& graph, const LoadProgress& progress,
                             std::stop_token stop) override;
  Result<std::shared_ptr<CacheStorage>> createCache(const CacheShape& shape) override;
  Result<std::unique_ptr<Plan>> compile(const Graph& graph, const WeightTable& weights,
                                        std::shared_ptr<CacheStorage> cache,
                                        const PlanOptions& options) override;

  const FakeOptions& options() const { return m_options; }
  std::vector<std::size_t> steps;  ///< tokens of every step so far
  bool impatient = false;          ///< its plans did not await the token they were to be given
  int failAt = -1;                 ///< the step with this index fails as a lost device does

 private:
  FakeOptions m_options;
  DeviceInfo m_device;
  Ledger m_ledger;
};

/// A cache whose cells hold the tokens that were stored there.
class FakeCache : public CacheStorage {
 public:
  explicit FakeCache(const CacheShape& shape) : m_shape(shape), cells(shape.pages * kPageCells, -1) {}
  const CacheShape& shape() const override { return m_shape; }
  Result<void> copyPage(std::uint32_t from, std::uint32_t to) override;

 private:
  CacheShape m_shape;

 public:
  std::vector<TokenId> cells;
  int copies = 0;
  bool failCopies = false;
  Reservation reservation;
};

std::shared_ptr<const ModelDescription> fakeDescription(const FakeOptions& options = {});

struct FakeModel {
  std::shared_ptr<FakeBackend> backend;
  std::shared_ptr<const Model> model;
};
/// Described and loaded.
FakeModel fakeModel(const FakeOptions& options = {});

/// One token per byte.
std::vector<TokenId> fakeTokens(std::string_view text);

}  // namespace cutaway::test
