#include "support/fake_backend.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <stdexcept>
#include <thread>

namespace cutaway::test {
namespace {

Vocabulary byteVocabulary(std::uint32_t size) {
  Vocabulary vocabulary;
  for (std::uint32_t t = 0; t < size; ++t) {
    vocabulary.tokens.emplace_back(1, static_cast<char>(t));
    vocabulary.kinds.push_back(t == 0 ? TokenKind::control : TokenKind::normal);
  }
  vocabulary.eos = 0;
  vocabulary.endTokens = {0};
  return vocabulary;
}

class ByteTokenizer : public Tokenizer {
 public:
  explicit ByteTokenizer(std::uint32_t size) : Tokenizer("bytes", "", byteVocabulary(size)) {}
  std::string piece(TokenId id, bool showControl) const override {
    if (!vocabulary().contains(id)) return {};
    return id == 0 ? (showControl ? "<end>" : "") : text(id);
  }

 protected:
  void encodeText(std::string_view text, bool, std::vector<TokenId>& out) const override {
    const auto tokens = fakeTokens(text);
    out.insert(out.end(), tokens.begin(), tokens.end());
  }
};

struct FakeTensor : DeviceTensor {
  Reservation reservation;
};

LogitRow summarise(std::vector<float> logits, const Step& step, std::size_t row) {
  LogitRow out;
  std::vector<TokenLogit> sorted;
  double largest = -INFINITY, sum = 0, entropy = 0;
  for (std::size_t t = 0; t < logits.size(); ++t) {
    if (!std::isnan(logits[t])) sorted.push_back({static_cast<TokenId>(t), logits[t]});
    largest = std::max<double>(largest, logits[t]);
  }
  for (const float logit : logits) sum += std::exp(logit - largest);
  const double logSumExp = largest + std::log(sum);
  for (const float logit : logits) entropy -= std::exp(logit - logSumExp) * (logit - logSumExp);
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &TokenLogit::logit);
  sorted.resize(std::min<std::size_t>(sorted.size(), kTopLogits));
  out.top = std::move(sorted);
  out.logSumExp = static_cast<float>(logSumExp);
  out.entropy = static_cast<float>(entropy);
  if (!step.targets.empty()) out.targetLogit = logits[static_cast<std::size_t>(step.targets[row])];
  if (step.fullLogits) out.logits = std::move(logits);
  return out;
}

class FakePlan : public Plan {
 public:
  FakePlan(FakeBackend& backend, std::shared_ptr<FakeCache> cache, std::uint32_t maxTokens)
      : m_backend(backend), m_cache(std::move(cache)), m_maxTokens(maxTokens) {}
  std::uint32_t maxTokens() const override { return m_maxTokens; }

  Result<void> submit(const Step& step) override {
    if (m_backend.failAt == static_cast<int>(m_backend.steps.size())) {
      m_backend.failAt = -1;
      return fail(ErrorKind::device, "Fake: the device was lost");
    }
    if (step.tokens.empty() || step.tokens.size() > m_maxTokens)
      throw std::logic_error("step of a wrong size");
    m_backend.steps.push_back(step.tokens.size());
    if (step.awaitsToken) return await(step);
    std::this_thread::sleep_for(m_backend.options().perToken * step.tokens.size());
    if (m_results.size() == 2) throw std::logic_error("more than one step in flight beyond the oldest");
    if ((step.followsTop || step.awaitsToken) && (!canFollow() || step.tokens.size() != 1))
      throw std::logic_error("cannot follow");
    compute(step);
    return {};
  }
  /// The steps before it are done already; this one is when its token is known.
  bool give(TokenId token) override {
    if (!m_awaiting || m_backend.impatient) return false;
    m_awaiting->tokens = {token};
    resume();
    return true;
  }
  Result<StepResult> wait() override {
    if (m_results.empty() && m_awaiting) resume();
    if (m_results.empty()) throw std::logic_error("no step to wait for");
    StepResult result = std::move(m_results.front());
    m_results.pop_front();
    return result;
  }
  Result<StepTiming> time(const Step& step) override {
    if (!m_backend.options().tellsTime) return Plan::time(step);
    TRY(run(step));
    StepTiming timing;
    timing.seconds = 1e-6 * static_cast<double>(step.tokens.size());
    timing.ops = {{"blk", 1, timing.seconds, step.tokens.size()}};
    return timing;
  }
  bool canFollow() const override { return m_backend.options().follows; }

 private:
  /// The arrays of a step of one token, copied.
  struct Awaiting {
    std::vector<TokenId> tokens;
    std::vector<std::int32_t> positions, sequences, pages;
    std::vector<std::uint8_t> wantLogits;
    std::vector<Tap> taps;
    Step step;
  };
  Result<void> await(const Step& step) {
    const auto copy = [](const auto& span) { return std::vector(span.begin(), span.end()); };
    m_awaiting = {copy(step.tokens),
                  copy(step.positions),
                  copy(step.sequences),
                  copy(step.pages),
                  copy(step.wantLogits),
                  copy(step.taps),
                  step};
    return {};
  }
  void resume() {
    Awaiting& a = *m_awaiting;
    Step step = a.step;
    step.tokens = a.tokens;
    step.positions = a.positions;
    step.sequences = a.sequences;
    step.pages = a.pages;
    step.wantLogits = a.wantLogits;
    step.taps = a.taps;
    compute(step);
    m_awaiting.reset();
  }

  void compute(const Step& step) {
    StepResult result;
    for (std::size_t i = 0; i < step.tokens.size(); ++i) {
      cell(step, i, step.positions[i]) = step.followsTop ? m_top : step.tokens[i];
      if (step.wantLogits[i] != 0) result.rows.push_back(predict(step, i, result.rows.size()));
    }
    for (const Tap& tap : step.taps) {
      result.captures.push_back({tap.value, {static_cast<std::uint32_t>(step.tokens.size()), 1}, {}});
      for (std::size_t i = 0; i < step.tokens.size(); ++i)
        result.captures.back().data.push_back(static_cast<float>(cell(step, i, step.positions[i])));
    }
    if (!result.rows.empty() && !result.rows.back().top.empty()) m_top = result.rows.back().top.front().token;
    m_results.push_back(std::move(result));
  }

  TokenId& cell(const Step& step, std::size_t token, std::int32_t position) {
    const auto row = static_cast<std::size_t>(step.sequences[token]) * step.pagesPerSequence;
    const auto page = step.pages[row + static_cast<std::size_t>(position) / kPageCells];
    return m_cache->cells[static_cast<std::size_t>(page) * kPageCells +
                          static_cast<std::size_t>(position) % kPageCells];
  }

  LogitRow predict(const Step& step, std::size_t token, std::size_t row) {
    std::vector<TokenId> prefix;
    for (std::int32_t p = 0; p <= step.positions[token]; ++p) prefix.push_back(cell(step, token, p));
    const auto& options = m_backend.options();
    const auto size = static_cast<TokenId>(options.vocabulary);
    const TokenId next = options.next ? options.next(prefix) : (prefix.back() + 1) % size;
    std::vector<float> logits(options.vocabulary);
    for (TokenId t = 0; t < size; ++t)
      logits[static_cast<std::size_t>(t)] = 4.0f - 0.25f * static_cast<float>((t - next + size) % size);
    if (options.change) options.change(logits, prefix.size() - 1);
    return summarise(std::move(logits), step, row);
  }

  FakeBackend& m_backend;
  std::shared_ptr<FakeCache> m_cache;
  std::uint32_t m_maxTokens;
  std::deque<StepResult> m_results;
  std::optional<Awaiting> m_awaiting;
  TokenId m_top = 0;  ///< of the step submitted last
};

}  // namespace

FakeBackend::FakeBackend(FakeOptions options)
    : m_options(std::move(options)),
      m_device{"Fake", "none", m_options.kind, m_options.memory},
      m_ledger("Fake", [this] { return m_options.memory - std::min(m_options.memory, m_ledger.used()); }) {}

std::uint64_t FakeBackend::deviceBytes(const Weight&, const TensorInfo& tensor) const { return tensor.bytes; }

std::uint64_t FakeBackend::scratchBytes(const Graph&, const PlanOptions& options) const {
  return std::uint64_t{options.maxTokens} * 16;
}

Result<WeightTable> FakeBackend::upload(const ModelFile& file, const Graph& graph,
                                        const LoadProgress& progress, std::stop_token stop) {
  WeightTable table;
  for (const Weight& weight : graph.weights) {
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "loading was stopped");
    auto tensor = std::make_shared<FakeTensor>();
    tensor->info = *file.find(weight.name);
    tensor->reservation = TRY(m_ledger.reserve(MemoryClass::weights, tensor->info.bytes, weight.name));
    table.push_back(std::move(tensor));
    if (progress) progress(table.size(), graph.weights.size());
  }
  return table;
}

Result<std::shared_ptr<CacheStorage>> FakeBackend::createCache(const CacheShape& shape) {
  auto cache = std::make_shared<FakeCache>(shape);
  cache->reservation = TRY(m_ledger.reserve(MemoryClass::cache, shape.bytes(), "cache"));
  return std::shared_ptr<CacheStorage>(std::move(cache));
}

Result<std::unique_ptr<Plan>> FakeBackend::compile(const Graph&, const WeightTable&,
                                                   std::shared_ptr<CacheStorage> cache,
                                                   const PlanOptions& options) {
  return std::make_unique<FakePlan>(*this, std::static_pointer_cast<FakeCache>(cache), options.maxTokens);
}

Result<void> FakeCache::copyPage(std::uint32_t from, std::uint32_t to) {
  if (failCopies) return fail(ErrorKind::device, "Fake: the device was lost");
  std::copy_n(cells.begin() + from * kPageCells, kPageCells, cells.begin() + to * kPageCells);
  ++copies;
  return {};
}

std::shared_ptr<const ModelDescription> fakeDescription(const FakeOptions& options) {
  auto model = std::make_shared<ModelDescription>();
  model->name = "fake";
  model->tokenizer = std::make_unique<ByteTokenizer>(options.vocabulary);
  model->file.source.name = "fake.gguf";
  model->file.tensors = {{"token_embd.weight",
                          {options.vocabulary, options.width},
                          FormatId::f32,
                          0,
                          std::uint64_t{options.vocabulary} * options.width * 4}};
  Graph& graph = model->architecture.graph;
  graph.weights = {{"token_embd.weight", {options.vocabulary, options.width}, true, true}};
  graph.layers = 2;
  graph.queryHeads = 2;
  graph.keyValueHeads = 1;
  graph.headWidth = 4;
  graph.width = options.width;
  graph.vocabulary = options.vocabulary;
  Config& config = model->architecture.config;
  config.family = "fake";
  config.layers = graph.layers;
  config.width = options.width;
  config.vocabulary = options.vocabulary;
  config.contextLength = options.contextLength;
  return model;
}

FakeModel fakeModel(const FakeOptions& options) {
  auto backend = std::make_shared<FakeBackend>(options);
  auto model = loadModel(fakeDescription(options), backend);
  if (!model) throw std::runtime_error(model.error().message);
  return {std::move(backend), std::move(*model)};
}

std::vector<TokenId> fakeTokens(std::string_view text) {
  std::vector<TokenId> tokens;
  for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
  return tokens;
}

}  // namespace cutaway::test
