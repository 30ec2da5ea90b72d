#include "core/run/session.h"

#include <algorithm>
#include <utility>

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
      m_cache(std::make_shared<KvCache>(std::move(cache))),
      m_plan(std::move(plan)),
      m_sequence(m_cache->create()),
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

const std::vector<TokenId>& Session::tokens() const { return m_cache->tokens(m_sequence); }

Result<std::uint32_t> Session::rewind(std::span<const TokenId> tokens) {
  if (tokens.size() > m_context)
    return fail(ErrorKind::contextFull, "the text has ", tokens.size(),
                " tokens, but the context holds only ", m_context);
  // The last token is always read again: its row of logits is what continues the text.
  const auto longest = static_cast<std::uint32_t>(tokens.empty() ? 0 : tokens.size() - 1);
  const std::uint32_t reused = std::min(m_cache->commonPrefix(m_sequence, tokens), longest);
  truncate(reused);
  return reused;
}

/// A step in flight follows the cached tokens as they were.
void Session::truncate(std::uint32_t length) {
  if (length >= this->tokens().size()) return;
  dropFollower();
  m_cache->truncate(m_sequence, length);
  for (const auto& watcher : m_watchers) watcher->truncated(length);
}

Result<void> Session::setEdits(std::shared_ptr<const Edits> edits) {
  for (const Edit& edit : *edits) TRY(validate(m_model->description->graph(), edit));
  m_edits = std::move(edits);
  act();
  return {};
}

Result<void> Session::setStandingEdits(std::shared_ptr<const Edits> edits) {
  if (edits == m_standing) return {};
  for (const Edit& edit : *edits) TRY(validate(m_model->description->graph(), edit));
  m_standing = std::move(edits);
  act();
  return {};
}

void Session::act() {
  const auto on = joined(*m_standing, *m_edits);
  if (*m_acting != *on) {
    dropFollower();
    truncate(firstAffected(m_model->description->graph(), *m_acting, *on));
  }
  m_acting = on;
}

/// The arrays of a step over `tokens` after those that are cached. Refers to the tokens and to itself.
struct Session::StepArrays {
  std::vector<std::int32_t> positions, sequences;
  std::vector<std::uint8_t> wantLogits;
  std::vector<std::int32_t> pages;
  std::shared_ptr<const Edits> edits;
  std::vector<Tap> taps;
  Flight flight;
  Step step;
};

Result<std::unique_ptr<Session::StepArrays>> Session::append(std::span<const TokenId> tokens,
                                                             const Wanted& wanted, bool watched) {
  const auto held = static_cast<std::uint32_t>(this->tokens().size());
  const auto count = static_cast<std::uint32_t>(tokens.size());
  if (count == 0 || count > maxStepTokens())
    return fail(ErrorKind::usage, "a step takes 1 to ", maxStepTokens(), " tokens, not ", tokens.size());
  if (count > m_context - held)
    return fail(ErrorKind::contextFull, "the context holds ", m_context, " tokens, of which ", held,
                " are used; no room for ", count, " more");
  TRY(m_cache->append(m_sequence, tokens));

  auto arrays = std::make_unique<StepArrays>();
  arrays->positions.resize(count);
  arrays->wantLogits.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    arrays->positions[i] = static_cast<std::int32_t>(held + i);
    arrays->wantLogits[i] = !wanted.lastOnly || i + 1 == count ? 1 : 0;
  }
  arrays->sequences.assign(count, 0);
  arrays->taps.assign(wanted.taps.begin(), wanted.taps.end());
  arrays->flight = {held, count, {}};
  for (const auto& watcher : m_watchers) {
    const auto taps = watched ? watcher->taps(held, count, m_again) : std::span<const Tap>();
    if (!taps.empty()) arrays->flight.watchers.emplace_back(watcher, taps.size());
    arrays->taps.insert(arrays->taps.end(), taps.begin(), taps.end());
  }
  const auto pages = m_cache->pages(m_sequence);
  arrays->pages.assign(pages.begin(), pages.end());
  arrays->step = {tokens,
                  arrays->positions,
                  arrays->sequences,
                  arrays->wantLogits,
                  arrays->pages,
                  static_cast<std::uint32_t>(pages.size()),
                  wanted.targets,
                  wanted.fullLogits,
                  arrays->taps,
                  false,
                  *m_acting};
  arrays->edits = m_acting;
  return arrays;
}

/// Whether the step in flight is the one for these tokens. Tells it its token where it awaits that.
bool Session::takeFollower(std::span<const TokenId> tokens, const Wanted& wanted) {
  if (!m_follower || tokens.size() != 1 || !wanted.targets.empty()) return false;
  if (m_follower->fullLogits != wanted.fullLogits || !std::ranges::equal(m_follower->taps, wanted.taps))
    return false;
  return m_follower->token ? tokens[0] == *m_follower->token : m_plan->give(tokens[0]);
}

/// Caches the tokens and sees to it that their step is in flight.
Result<void> Session::start(std::span<const TokenId> tokens, const Wanted& wanted) {
  const bool inFlight = takeFollower(tokens, wanted);
  if (!inFlight) dropFollower();
  m_follower.reset();
  const auto held = static_cast<std::uint32_t>(this->tokens().size());
  const auto arrays = TRY(append(tokens, wanted));
  m_flight = inFlight ? std::move(m_followerFlight) : arrays->flight;
  if (inFlight) return {};
  auto submitted = m_plan->submit(arrays->step);
  if (!submitted) m_cache->truncate(m_sequence, held);
  return submitted;
}

/// Queues a step for the token after the cached ones. Its cell is free again afterwards, and comes back to
/// the sequence when the token is known: nothing else takes pages meanwhile.
Result<void> Session::startFollower(const Wanted& wanted) {
  const auto held = static_cast<std::uint32_t>(this->tokens().size());
  const TokenId unknown = 0;
  const auto arrays = TRY(append({&unknown, 1}, {.fullLogits = wanted.fullLogits, .taps = wanted.taps}));
  arrays->step.followsTop = wanted.takesTop;
  arrays->step.awaitsToken = !wanted.takesTop;
  m_followerFlight = arrays->flight;
  auto submitted = m_plan->submit(arrays->step);
  m_cache->truncate(m_sequence, held);
  return submitted;
}

void Session::dropFollower() {
  if (m_follower) static_cast<void>(m_plan->wait());  // what it says is of no use, not even an error
  m_follower.reset();
}

Result<StepResult> Session::step(std::span<const TokenId> tokens, const Wanted& wanted) {
  const auto held = static_cast<std::uint32_t>(this->tokens().size());
  const auto begin = std::chrono::steady_clock::now();
  TRY(start(tokens, wanted));
  const bool room = this->tokens().size() < m_context;
  const bool followed = wanted.goesOn && wanted.targets.empty() && room && m_plan->canFollow() &&
                        startFollower(wanted).has_value();
  auto result = m_plan->wait();
  if (followed) {
    const bool known = result && !result->rows.back().top.empty();
    m_follower = {{}, wanted.fullLogits, {wanted.taps.begin(), wanted.taps.end()}};
    if (wanted.takesTop) m_follower->token = known ? result->rows.back().top.front().token : TokenId{-1};
    if (!known) dropFollower();
  }
  if (!result) {
    m_cache->truncate(m_sequence, held);
    return result;
  }
  tellWatchers(*result);
  m_chunks.record(static_cast<std::uint32_t>(tokens.size()),
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return result;
}

Result<StepResult> Session::again(std::uint32_t position, const Wanted& wanted, std::uint32_t count) {
  const std::size_t held = tokens().size();
  if (position >= held || count > held - position)
    return fail(ErrorKind::usage, "there is no token at position ", std::uint64_t{position} + count - 1, "; ",
                held, " are cached");
  dropFollower();
  const auto first = tokens().begin() + position;
  const std::vector<TokenId> some(first, first + count);
  const SequenceId whole = m_sequence;
  m_sequence = TRY(m_cache->fork(whole, position));
  Wanted once = wanted;
  once.goesOn = false;
  m_again = true;
  auto result = step(some, once);
  m_again = false;
  m_cache->remove(std::exchange(m_sequence, whole));
  return result;
}

Result<StepTiming> Session::time(std::span<const TokenId> tokens) {
  dropFollower();
  const auto held = static_cast<std::uint32_t>(this->tokens().size());
  const auto arrays = TRY(append(tokens, {}, false));
  auto timing = m_plan->time(arrays->step);
  if (!timing) m_cache->truncate(m_sequence, held);
  return timing;
}

}  // namespace cutaway
