#include "core/run/session.h"

#include <algorithm>

#include "core/quant/number_format.h"

namespace cutaway {
namespace {

/// Refuses a context that does not fit beside `scratch` bytes, saying which would; chooses one when none was
/// asked for.
Result<std::uint32_t> chooseContext(const ModelDescription& model, Backend& backend,
                                    const SessionOptions& options, std::uint64_t scratch) {
  const std::uint32_t wanted = options.context > 0 ? options.context : defaultContext(model);
  const std::uint64_t available = backend.ledger().available();
  const std::uint64_t left = available - std::min(available, scratch);
  const std::uint32_t fitting = contextThatFits(model, options.cacheFormat, left, wanted);
  if (fitting == wanted || (options.context == 0 && fitting > 0)) return fitting;
  const std::uint64_t cache = cacheShape(model, wanted, options.cacheFormat).bytes();
  const std::string advice = fitting > 0 ? concat("; ", fitting, " tokens would fit")
                                         : std::string("; not even a short context would fit");
  return fail(ErrorKind::outOfMemory, "a context of ", wanted, " tokens for ", model.name, " needs ",
              formatBytes(cache), " for its ", numberFormat(options.cacheFormat).name, " cache and ",
              formatBytes(scratch), " to work in, but ", backend.device().name, " has only ",
              formatBytes(available), " free", advice);
}

/// Small enough that a slow device, too, is done with the first step soon: a processor core does some 10^9
/// weights a second. Discrete GPUs are faster, and read a model's weights as fast for 32 tokens as for one.
ChunkPlanner firstChunks(const Model& model, const Plan& plan) {
  if (model.backend->device().kind == DeviceKind::discrete)
    return ChunkPlanner(ChunkPlanner::kFirst, plan.tokenTile());
  constexpr std::uint64_t kWeightsPerStep = 800'000'000;
  const std::uint64_t weights = std::max<std::uint64_t>(weightCount(*model.description), 1);
  return ChunkPlanner(static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(kWeightsPerStep / weights, 2, ChunkPlanner::kFirst)),
                      plan.tokenTile());
}

}  // namespace

Session::Session(std::shared_ptr<const Model> model, std::uint32_t context, KvCache cache,
                 std::unique_ptr<Plan> plan)
    : m_model(std::move(model)),
      m_context(context),
      m_cache(std::move(cache)),
      m_plan(std::move(plan)),
      m_sequence(m_cache.create()),
      m_chunks(firstChunks(*m_model, *m_plan)) {}

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options) {
  const ModelDescription& description = *model->description;
  Backend& backend = *model->backend;
  PlanOptions planOptions;
  planOptions.maxTokens = std::max(options.maxStepTokens, 1u);
  if (options.context > 0) planOptions.maxTokens = std::min(planOptions.maxTokens, options.context);
  const std::uint64_t scratch = backend.scratchBytes(description.graph(), planOptions);
  const std::uint32_t context = TRY(chooseContext(description, backend, options, scratch));
  auto storage = TRY(backend.createCache(cacheShape(description, context, options.cacheFormat)));
  auto plan = TRY(backend.compile(description.graph(), model->weights, storage, planOptions));
  return std::unique_ptr<Session>(
      new Session(std::move(model), context, KvCache(std::move(storage)), std::move(plan)));
}

const std::vector<TokenId>& Session::tokens() const { return m_cache.tokens(m_sequence); }

Result<std::uint32_t> Session::rewind(std::span<const TokenId> tokens) {
  if (tokens.size() > m_context)
    return fail(ErrorKind::contextFull, "the text has ", tokens.size(),
                " tokens, but the context holds only ", m_context);
  // The last token is always read again: its row of logits is what continues the text.
  const auto longest = static_cast<std::uint32_t>(tokens.empty() ? 0 : tokens.size() - 1);
  const std::uint32_t reused = std::min(m_cache.commonPrefix(m_sequence, tokens), longest);
  m_cache.truncate(m_sequence, reused);
  return reused;
}

Result<StepResult> Session::step(std::span<const TokenId> tokens, const Wanted& wanted) {
  const auto held = static_cast<std::uint32_t>(this->tokens().size());
  const auto count = static_cast<std::uint32_t>(tokens.size());
  if (count == 0 || count > maxStepTokens())
    return fail(ErrorKind::usage, "a step takes 1 to ", maxStepTokens(), " tokens, not ", tokens.size());
  if (count > m_context - held)
    return fail(ErrorKind::contextFull, "the context holds ", m_context, " tokens, of which ", held,
                " are used; no room for ", count, " more");
  TRY(m_cache.append(m_sequence, tokens));

  std::vector<std::int32_t> positions(count);
  std::vector<std::uint8_t> wantLogits(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    positions[i] = static_cast<std::int32_t>(held + i);
    wantLogits[i] = !wanted.lastOnly || i + 1 == count ? 1 : 0;
  }
  const std::vector<std::int32_t> sequences(count, 0);
  const auto pages = m_cache.pages(m_sequence);
  const Step step{tokens,         positions,
                  sequences,      wantLogits,
                  pages,          static_cast<std::uint32_t>(pages.size()),
                  wanted.targets, wanted.fullLogits,
                  wanted.taps};

  const auto start = std::chrono::steady_clock::now();
  auto result = m_plan->run(step);
  if (!result) {
    m_cache.truncate(m_sequence, held);
    return result;
  }
  m_chunks.record(count, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return result;
}

}  // namespace cutaway
