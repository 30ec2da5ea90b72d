// What a device offers: tensors, a key-value cache, and plans that run a graph. Implemented by core/cpu and gpu.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/format/model_file.h"
#include "core/graph/edit.h"
#include "core/graph/graph.h"
#include "core/run/ledger.h"
#include "core/text/tokenizer.h"

namespace cutaway {

enum class DeviceKind : std::uint8_t { cpu, software, integrated, discrete, other };

struct DeviceInfo {
  std::string name;    ///< "llvmpipe (LLVM 15.0.6, 256 bits)"
  std::string driver;  ///< "Mesa 22.3.6"; for people
  DeviceKind kind = DeviceKind::cpu;
  std::uint64_t memory = 0;  ///< bytes it has in all, honestly: the host's for cpu and software
};

/// A weight on a device. Backends derive from it; it gives its memory back when destroyed.
struct DeviceTensor {
  virtual ~DeviceTensor() = default;
  TensorInfo info;
};

/// A graph's weights, by WeightId. Entries may be re-pointed to another precision of the same shape.
using WeightTable = std::vector<std::shared_ptr<const DeviceTensor>>;

/// Positions share the cache by pages, so that branches of a conversation share their prefix.
inline constexpr std::uint32_t kPageCells = 32;

struct CacheShape {
  std::uint32_t layers = 0, keyValueHeads = 0, headWidth = 0;
  std::uint32_t pages = 0;            ///< of kPageCells cells each
  FormatId format = FormatId::f16;    ///< f16 or f32
  std::uint64_t bytes() const;        ///< keys and values of all layers
};

/// Keys (after rotation) and values of every layer, in the device's own layout.
class CacheStorage {
 public:
  virtual ~CacheStorage() = default;
  virtual const CacheShape& shape() const = 0;
  /// Copies all layers of one page, for a branch that departs inside it.
  virtual Result<void> copyPage(std::uint32_t from, std::uint32_t to) = 0;
};

/// A value that a step is asked to return, or a part of it.
struct Tap {
  ValueId value = kNone;
  std::uint32_t firstToken = 0, tokens = 0;  ///< of its T or R rows in this step; 0: all of them
  std::uint32_t firstHead = 0, heads = 0;    ///< of its heads; 0: all of them
  bool operator==(const Tap&) const = default;
};

/// What an input node of the graph (op `input`) gives.
struct StepInput {
  ValueId value = kNone;
  std::span<const float> rows;  ///< (T, ...) row-major
};

/// The input of one step. All arrays are per token, in order of T, unless said otherwise.
struct Step {
  std::span<const TokenId> tokens;             ///< each in [0, V)
  std::span<const std::int32_t> positions;     ///< from 0; within a sequence ascending
  std::span<const std::int32_t> sequences;     ///< row of `pages`
  std::span<const std::uint8_t> wantLogits;    ///< 0 or 1; R is their sum
  std::span<const std::int32_t> pages;         ///< (sequences, pagesPerSequence): cache page of each 32 positions
  std::uint32_t pagesPerSequence = 0;
  std::span<const TokenId> targets;            ///< (R) or empty: tokens whose logits are asked for
  bool fullLogits = false;                     ///< copy all logits of the R rows back
  std::span<const Tap> taps;                   ///< what is returned as captures, in this order
  /// The one token is whatever the step submitted before this one finds most likely for its last wanted row;
  /// `tokens` holds any token in its place. Only where the plan can follow.
  bool followsTop = false;
  std::span<const Edit> edits = {};            ///< by position, in every sequence; in this order
  std::span<const StepInput> inputs = {};      ///< one for each input node of the graph, in their order
  /// The one token is what Plan::give says later, after the step submitted before this one was waited for; `tokens`
  /// holds any token in its place. Only where the plan can follow.
  bool awaitsToken = false;
  /// Per edit: the sequence, a row of `pages`, whose tokens alone it changes. Empty: all edits change all sequences.
  std::span<const std::int32_t> editSequences = {};

  /// Whether an edit is about a token's sequence, whatever its positions.
  bool editMeets(std::size_t edit, std::size_t token) const {
    return editSequences.empty() || editSequences[edit] == sequences[token];
  }
};

inline constexpr std::uint32_t kTopLogits = 64;

struct TokenLogit {
  TokenId token = -1;
  float logit = 0;
};

/// The distribution after one token: the most likely next tokens and what is needed to normalise them.
struct LogitRow {
  std::vector<TokenLogit> top;  ///< at most kTopLogits, highest first; equal logits in order of token
  float logSumExp = 0;          ///< over the whole vocabulary: log p(t) = logit - logSumExp
  float entropy = 0;            ///< of the whole distribution, nats
  float targetLogit = 0;        ///< where targets were given
  std::vector<float> logits;    ///< (V) where fullLogits was set
};

/// A tapped value in F32, its shape with T, N, R and heads as tapped. Captures see what the edits left.
struct Capture {
  ValueId value = kNone;
  std::vector<std::uint32_t> shape;
  std::vector<float> data;
};

struct StepResult {
  std::vector<LogitRow> rows;  ///< (R)
  std::vector<Capture> captures;
};

/// What launches or nodes of one kind took in a step.
struct OpTiming {
  std::string kind;            ///< names of the values made, without their layer: "ffn.gate, ffn.up, ffn.act"
  std::uint32_t launches = 0;  ///< dispatches of a GPU, nodes of the CPU
  double seconds = 0;          ///< on the device
  std::uint64_t bytes = 0;     ///< that have to be moved at least: weights, cache, values read and written
};

struct StepTiming {
  std::vector<OpTiming> ops;  ///< in the order in which they first run
  double seconds = 0;         ///< of the whole step, measured on the host while nothing else was in flight
};

/// A graph made ready for a device, bound to weights and a cache.
class Plan {
 public:
  virtual ~Plan() = default;
  virtual std::uint32_t maxTokens() const = 0;  ///< of one step
  /// Steps of more than one token cost about the same up to the next multiple of this many tokens.
  virtual std::uint32_t tokenTile() const { return 1; }

  /// Whether Step::followsTop and Step::awaitsToken work: the device goes on without waiting for the host, or
  /// until it is told a token.
  virtual bool canFollow() const { return false; }
  /// The token of the step in flight that awaits one. False when there is none, or when it has run with the token
  /// that it was submitted with, as somebody waited for it or for work behind it.
  virtual bool give(TokenId) { return false; }

  /// Queues a step; steps run in order. At most one is in flight beyond the one being waited for. The step's
  /// arrays are copied. A step that breaks a rule of Step (a token outside the vocabulary) is refused.
  virtual Result<void> submit(const Step& step) = 0;
  /// Waits for the oldest submitted step.
  virtual Result<StepResult> wait() = 0;

  /// Runs a step, which is cached like any other, and tells where its time went: slower than run(), as every
  /// launch is waited for. Fails while a step is in flight, or where the device cannot tell.
  virtual Result<StepTiming> time(const Step&) {
    return fail(ErrorKind::device, "this device does not tell where a step's time goes");
  }

  Result<StepResult> run(const Step& step) {
    TRY(submit(step));
    return wait();
  }
};

struct PlanOptions {
  std::uint32_t maxTokens = 512;  ///< longest step
};

/// Told now and then while weights are read: bytes done of bytes in all.
using LoadProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// One device, used from one thread at a time.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const DeviceInfo& device() const = 0;
  virtual Ledger& ledger() = 0;

  /// Bytes that `weight` of this format takes on the device (it may be repacked), for the fit estimate.
  virtual std::uint64_t deviceBytes(const Weight& weight, const TensorInfo& tensor) const = 0;
  /// Bytes of a plan's own buffers.
  virtual std::uint64_t scratchBytes(const Graph& graph, const PlanOptions& options) const = 0;

  /// Bytes per second at which kernels can read the device's memory; measured, which takes a moment.
  virtual Result<double> readBandwidth() {
    return fail(ErrorKind::device, device().name, " does not measure its bandwidth");
  }

  /// Brings the graph's weights to the device, in large chunks. The file's bytes may be kept instead of copied.
  virtual Result<WeightTable> upload(const ModelFile& file, const Graph& graph, const LoadProgress& progress,
                                     std::stop_token stop) = 0;
  virtual Result<std::shared_ptr<CacheStorage>> createCache(const CacheShape& shape) = 0;
  virtual Result<std::unique_ptr<Plan>> compile(const Graph& graph, const WeightTable& weights,
                                                std::shared_ptr<CacheStorage> cache, const PlanOptions& options) = 0;
};

/// A device that can be opened; made by app/backends.cpp, the only place that knows all backends.
struct BackendFactory {
  DeviceInfo device;
  std::function<Result<std::shared_ptr<Backend>>()> create;
};

}  // namespace cutaway
