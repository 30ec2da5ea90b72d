#include "core/inspect/attention_map.h"

#include <algorithm>
#include <numeric>

#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kTileBytes = std::uint64_t{256} << 20;  ///< of all tiles of a question
constexpr std::uint64_t kStepBytes = std::uint64_t{16} << 20;   ///< of the weights of one step
constexpr std::uint32_t kProbeRows = 256;
/// Rows so far apart are run again one by one: all between them would take longer.
constexpr std::uint32_t kFarRows = 8;

std::string stateName(std::uint32_t layer) {
  return layer == 0 ? std::string("embed") : concat("blk.", layer - 1, ".resid_post");
}

Result<void> checkMembers(std::span<const std::uint32_t> members, std::uint32_t count, const char* noun) {
  for (const std::uint32_t member : members)
    if (member >= count)
      return fail(ErrorKind::usage, "there is no ", noun, " ", member, "; the model has ", count, ", 0 to ",
                  count - 1);
  return {};
}

Result<IndexRange> within(IndexRange range, std::size_t tokens, const char* noun) {
  const auto all = static_cast<std::uint32_t>(tokens);
  if (range.end == IndexRange::kOpen) range.end = all;
  if (range.first >= range.end || range.end > all)
    return fail(ErrorKind::usage, noun, " ", range.first, " to ", range.end, " of a text of ", all,
                " tokens");
  return range;
}

void fillIn(std::vector<std::uint32_t>& members, std::uint32_t count) {
  if (!members.empty()) return;
  members.resize(count);
  std::iota(members.begin(), members.end(), 0u);
}

std::vector<std::int32_t> tileHeads(const MapRequest& request) {
  if (request.join == MapRequest::Join::mean) return {MapTile::kMean};
  if (request.join == MapRequest::Join::largest) return {MapTile::kLargest};
  return {request.heads.begin(), request.heads.end()};
}

}  // namespace

Result<std::unique_ptr<AttentionMap>> AttentionMap::create(const Graph& graph, std::vector<TokenId> tokens,
                                                           MapRequest request) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there are no tokens to ask about");
  TRY(checkMembers(request.layers, graph.layers, "layer"));
  TRY(checkMembers(request.heads, graph.queryHeads, "head"));
  request.rows = TRY(within(request.rows, tokens.size(), "rows"));
  request.keys = TRY(within(request.keys, tokens.size(), "keys"));
  if (request.mostRows == 0 || request.mostKeys == 0)
    return fail(ErrorKind::usage, "a map of 0 rows or columns");
  fillIn(request.layers, graph.layers);
  fillIn(request.heads, graph.queryHeads);
  const std::uint64_t perHead =
      std::uint64_t{std::min(request.mostRows, request.rows.end - request.rows.first)} *
      std::min(request.mostKeys, request.keys.end - request.keys.first) * sizeof(float);
  const std::uint64_t maps = request.layers.size() * tileHeads(request).size();
  if (maps * perHead > kTileBytes)
    return fail(
        ErrorKind::outOfMemory, "maps of ", maps, " heads at ", formatBytes(perHead), " each take ",
        formatBytes(maps * perHead), "; at most ", formatBytes(kTileBytes),
        " are computed at once: ask for fewer layers or heads, or for maps of fewer rows and columns");
  for (const std::uint32_t layer : request.layers)
    if (graph.find(concat("blk.", layer, ".attn.pattern")) == kNone || graph.find(stateName(layer)) == kNone)
      return fail(ErrorKind::usage, "layer ", layer, " of this model has no attention that can be shown");
  return std::unique_ptr<AttentionMap>(new AttentionMap(graph, std::move(tokens), std::move(request)));
}

AttentionMap::AttentionMap(const Graph& graph, std::vector<TokenId> tokens, MapRequest request)
    : m_tokens(std::move(tokens)), m_request(std::move(request)), m_probes(m_request.layers.size()) {
  for (const std::uint32_t layer : m_request.layers) {
    m_patterns.push_back(graph.find(concat("blk.", layer, ".attn.pattern")));
    m_states.push_back(graph.find(stateName(layer)));
    m_tiles.emplace_back(layer, tileHeads(m_request), m_request.rows, m_request.keys, m_request.mostRows,
                         m_request.mostKeys);
  }
  const MapTile& tile = m_tiles.front();
  for (std::uint32_t y = 0; y < tile.height; ++y) {
    const IndexRange sharing = tile.rowsOf(y);
    const std::uint32_t end = m_request.shrink == MapRequest::Rows::sample ? sharing.first + 1 : sharing.end;
    for (std::uint32_t row = sharing.first; row < end; ++row) m_rows.push_back(row);
  }
}

double AttentionMap::progress() const {
  const std::size_t all = m_rows.size() * m_tiles.size();
  return static_cast<double>(m_done * m_tiles.size() + m_layer * m_chunk.count) / static_cast<double>(all);
}

bool AttentionMap::isArchived(const Session& session, const Chunk& chunk) const {
  if (!session.archive()) return false;
  for (std::uint32_t i = 0; i < chunk.count; ++i)
    if (!session.archive()->holds(m_rows[chunk.first + i], 1)) return false;
  return true;
}

double AttentionMap::replaySeconds(const Session& session) const {
  if (isArchived(session, {0, static_cast<std::uint32_t>(m_rows.size())})) return 0;
  return session.secondsFor(m_rows.back() - m_rows.front() + 1);
}

/// How many rows up to about `position` have weights that fit in a step's memory.
std::uint32_t AttentionMap::fittingRows(std::uint32_t position, std::size_t layers) const {
  const std::uint64_t heads = m_request.heads.back() - m_request.heads.front() + 1;
  const std::uint64_t row = heads * (position + 1) * sizeof(float) * layers;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kStepBytes / row, 1, kProbeRows));
}

/// As many rows as are read from one place, and are likely to take no longer than a step should.
void AttentionMap::nextChunk(Session& session) {
  const auto left = static_cast<std::uint32_t>(m_rows.size()) - m_done;
  const bool archived = isArchived(session, {m_done, 1});
  const std::uint32_t last = m_rows[std::min<std::size_t>(m_done + kProbeRows, m_rows.size()) - 1];
  const std::uint32_t fitting = fittingRows(last, archived ? 1 : m_tiles.size());
  m_chunk = {m_done, 1};
  m_layer = 0;
  if (archived) {
    const std::uint32_t most = std::min({left, fitting, m_planner.tokensFor(kSharedBudget, kProbeRows)});
    while (m_chunk.count < most && isArchived(session, {m_done + m_chunk.count, 1})) ++m_chunk.count;
    return;
  }
  const std::uint32_t tokens = std::min(fitting, session.chunkTokens(kSharedBudget));
  const auto inReach = [&](std::uint32_t row) {
    return row - m_rows[m_done] < tokens && row - m_rows[m_done + m_chunk.count - 1] < kFarRows;
  };
  while (m_chunk.count < left && inReach(m_rows[m_done + m_chunk.count])) ++m_chunk.count;
}

/// Others may have put another text into the session meanwhile: what was begun is begun again.
void AttentionMap::restart() {
  for (MapTile& tile : m_tiles)
    tile = MapTile(tile.layer, tile.heads, m_request.rows, m_request.keys, m_request.mostRows,
                   m_request.mostKeys);
  m_chunk = {};
  m_layer = m_done = m_replayed = 0;
}

Result<bool> AttentionMap::step(Session& session) {
  if (m_probed != &session) m_probes = std::vector<std::unique_ptr<Probe>>(m_tiles.size());
  m_probed = &session;
  if (m_layer > 0 && !isArchived(session, m_chunk)) restart();
  if (m_layer == 0) nextChunk(session);
  const bool archived = isArchived(session, m_chunk);
  // Keys that rows look at; the rows' own come with them where they are run again.
  const std::size_t read = archived ? m_rows[m_chunk.first + m_chunk.count - 1] + 1 : m_rows[m_chunk.first];
  if (TRY(readAgain(session, std::span(m_tokens).first(read)))) return true;
  TRY(archived ? fromArchive(session) : fromReplay(session));
  if (m_layer == m_tiles.size()) {
    m_done += m_chunk.count;
    m_layer = 0;
    m_chunk = {};
  }
  if (m_done < m_rows.size()) return true;
  m_probes.clear();  // they refer to the session
  return false;
}

Result<Probe*> AttentionMap::probeFor(Session& session, std::size_t layer) {
  if (!m_probes[layer]) {
    const Graph& graph = session.model().description->graph();
    const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(m_rows.size(), kProbeRows));
    Slice slice = TRY(cutSlice(graph, {&m_states[layer], 1}, {&m_patterns[layer], 1}));
    m_probes[layer] = TRY(session.compile(std::move(slice), most));
  }
  return m_probes[layer].get();
}

Tap AttentionMap::tapOf(std::size_t layer) const {
  return {.value = m_patterns[layer],
          .firstHead = m_request.heads.front(),
          .heads = m_request.heads.back() - m_request.heads.front() + 1};
}

/// One layer of the chunk.
Result<void> AttentionMap::fromArchive(Session& session) {
  const auto start = std::chrono::steady_clock::now();
  const bool isFirst = !m_probes[m_layer];
  Probe* probe = TRY(probeFor(session, m_layer));
  const std::vector<std::uint32_t> positions(m_rows.begin() + m_chunk.first,
                                             m_rows.begin() + m_chunk.first + m_chunk.count);
  const std::vector<float> states = session.archive()->rows(m_states[m_layer], positions);
  const StepInput input{m_states[m_layer], states};
  const Tap tap = tapOf(m_layer);
  const auto result =
      TRY(session.run(*probe, {.positions = positions, .inputs = {&input, 1}, .taps = {&tap, 1}}));
  for (std::uint32_t i = 0; i < m_chunk.count; ++i)
    take(m_layer, result.captures.front(), i, m_chunk.first + i);
  ++m_layer;
  if (!isFirst && m_chunk.count > 1)
    m_planner.record(m_chunk.count,
                     std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return {};
}

/// All layers of the chunk.
Result<void> AttentionMap::fromReplay(Session& session) {
  const std::uint32_t first = m_rows[m_chunk.first];
  const std::uint32_t count = m_rows[m_chunk.first + m_chunk.count - 1] - first + 1;
  std::vector<Tap> taps;
  for (std::size_t layer = 0; layer < m_tiles.size(); ++layer) taps.push_back(tapOf(layer));
  const std::span all(m_tokens);
  const auto some = all.first(first + count);
  const bool held = std::ranges::mismatch(session.tokens(), some).in2 == some.end();
  Result<StepResult> result = fail(ErrorKind::contextFull, "the session does not hold these tokens");
  if (held) result = session.again(first, {.taps = taps}, count);
  if (!result &&
      result.error().kind == ErrorKind::contextFull) {  // no room for a branch: in the text's own place
    TRY(session.rewind(all.first(first + 1)));
    result = session.step(all.subspan(first, count), {.taps = taps});
  }
  if (!result) return std::unexpected(std::move(result).error());
  for (std::size_t layer = 0; layer < m_tiles.size(); ++layer)
    for (std::uint32_t i = 0; i < m_chunk.count; ++i)
      take(layer, result->captures[layer], m_rows[m_chunk.first + i] - first, m_chunk.first + i);
  m_replayed += m_chunk.count;
  m_layer = static_cast<std::uint32_t>(m_tiles.size());
  return {};
}

/// Of a captured pattern (heads, rows, N), the row of the token m_rows[row].
void AttentionMap::take(std::size_t layer, const Capture& capture, std::uint32_t captureRow,
                        std::uint32_t row) {
  MapTile& tile = m_tiles[layer];
  const std::size_t keys = std::min<std::size_t>(capture.shape[2], m_rows[row] + std::size_t{1});
  const std::uint32_t y = tile.yOf(m_rows[row]);
  const IndexRange sharing = tile.rowsOf(y);
  const bool sampled = m_request.shrink == MapRequest::Rows::sample;
  const float share = sampled ? 1.0f : 1.0f / static_cast<float>(sharing.end - sharing.first);
  const auto weightsOf = [&](std::uint32_t head) {
    const std::size_t line = (head - m_request.heads.front()) * std::size_t{capture.shape[1]} + captureRow;
    return std::span(capture.data).subspan(line * capture.shape[2], keys);
  };
  if (m_request.join == MapRequest::Join::each) {
    for (std::size_t i = 0; i < m_request.heads.size(); ++i) {
      const auto weights = weightsOf(m_request.heads[i]);
      tile.fold(i, y, weights, entropyOf(weights) * share);
    }
    return;
  }
  const bool mean = m_request.join == MapRequest::Join::mean;
  const float part = mean ? 1.0f / static_cast<float>(m_request.heads.size()) : 1.0f;
  float entropy = 0;
  m_joined.assign(keys, 0.0f);
  for (const std::uint32_t head : m_request.heads) {
    const auto weights = weightsOf(head);
    entropy += entropyOf(weights) / static_cast<float>(m_request.heads.size());
    for (std::size_t key = 0; key < keys; ++key)
      m_joined[key] = mean ? m_joined[key] + part * weights[key] : std::max(m_joined[key], weights[key]);
  }
  tile.fold(0, y, m_joined, entropy * share);
}

}  // namespace cutaway
