#include "ui/views/attention_source.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;  ///< of the tiles that are kept
constexpr std::size_t kMostLive = 4096;                    ///< rows
constexpr std::uint32_t kLiveColumns = 1024;

MapRequest requestOf(const AttentionSource::Shown& shown) {
  MapRequest request{.layers = {static_cast<std::uint32_t>(shown.layer)}};
  if (shown.head >= 0) request.heads = {static_cast<std::uint32_t>(shown.head)};
  if (shown.head == MapTile::kMean) request.join = MapRequest::Join::mean;
  if (shown.head == MapTile::kLargest) request.join = MapRequest::Join::largest;
  return request;
}

/// Columns [first, first + count) of a tile, as a tile.
MapTile columns(const MapTile& band, std::uint32_t first, std::uint32_t count, IndexRange keys) {
  MapTile tile = band;
  tile.keys = keys;
  tile.width = std::min(count, band.width - first);
  tile.weights.resize(std::size_t{tile.height} * tile.width);
  for (std::uint32_t y = 0; y < tile.height; ++y)
    std::copy_n(band.weights.begin() + std::size_t{y} * band.width + first, tile.width,
                tile.weights.begin() + std::size_t{y} * tile.width);
  return tile;
}

}  // namespace

AttentionSource::AttentionSource(ViewData& data, QObject* parent)
    : TileSource(parent), m_question(data, QStringLiteral("attention-map"), this) {
  m_soon.setSingleShot(true);
  m_soon.setInterval(0);
  connect(&m_soon, &QTimer::timeout, this, &AttentionSource::askForMissing);
  connect(&m_question, &ViewQuestion::answered, this, &AttentionSource::take);
}

void AttentionSource::clear() {
  m_question.drop();
  m_missed.clear();
  m_tiles.clear();
  m_bytes = 0;
  m_failed = false;
}

void AttentionSource::show(const Shown& shown) {
  if (shown == m_shown && !m_isLive) return;
  const bool sameText = shown.message == m_shown.message && shown.layer == m_shown.layer && shown.head == m_shown.head;
  clear();
  if (!sameText) m_live.clear();
  if (shown.message != m_shown.message) {
    m_tokens = m_promptTokens = 0;
    m_pieces.clear();
  }
  m_isLive = false;
  m_shown = shown;
  if (!sameText) Q_EMIT replaced();
  if (shown.message != 0) {  // how long the text is comes with the first tile
    m_missed.insert({-1, 0, 0});
    m_soon.start();
  }
}

void AttentionSource::addLive(int position, std::span<const float> weights) {
  if (!m_isLive) clear();
  m_isLive = true;
  if (m_live.size() == kMostLive) return;
  const auto at = static_cast<std::uint32_t>(position);
  MapTile& row = m_live.emplace_back(static_cast<std::uint32_t>(m_shown.layer), std::vector<std::int32_t>{m_shown.head},
                                     IndexRange{at, at + 1}, IndexRange{0, at + 1}, 1, kLiveColumns);
  row.fold(0, 0, weights, entropyOf(weights));
  m_tokens = std::max(m_tokens, position + 1);
}

const MapTile* AttentionSource::tile(const TileKey& key) {
  if (const auto known = m_tiles.find(key); known != m_tiles.end()) return &known->second;
  if (!m_isLive && !m_failed && m_shown.message != 0) {
    m_missed.insert(key);
    m_soon.start();
  }
  return nullptr;
}

const MapTile* AttentionSource::whole() const {
  const auto found = m_tiles.find({topLevel(m_tokens), 0, 0});
  return found == m_tiles.end() ? nullptr : &found->second;
}

/// The first row of tiles that is missing, coarse ones first; a question that still helps is not replaced.
void AttentionSource::askForMissing() {
  const std::set<TileKey> missed = std::exchange(m_missed, {});
  if (missed.empty() || m_shown.message == 0) return;
  const bool helps = std::ranges::any_of(missed, [this](const TileKey& key) {
    return key.level == m_asked.level && key.row == m_asked.row && key.column >= m_asked.first && key.column <= m_asked.last;
  });
  if (m_question.isOpen() && (helps || missed.begin()->level < 0)) return;
  int level = missed.begin()->level;
  if (level >= 0) level = missed.rbegin()->level;
  m_asked = {level, -1, 0, -1};
  for (const TileKey& key : missed) {
    if (key.level != level || (m_asked.row >= 0 && key.row != m_asked.row)) continue;
    if (m_asked.row < 0) m_asked = {level, key.row, key.column, key.column};
    m_asked.last = std::max(m_asked.last, key.column);
  }
  // The last column may be shorter; its cells would not line up with those of the others.
  const int span = kTileCells << std::max(level, 0);
  if (m_asked.last > m_asked.first && (m_asked.last + 1) * span > m_tokens) --m_asked.last;
  MapRequest request = requestOf(m_shown);
  const Band band = m_asked;
  const auto make = [request, band, span](const Model& model,
                                          std::vector<TokenId> tokens) mutable -> Result<std::unique_ptr<Inquiry>> {
    const auto all = static_cast<std::uint32_t>(tokens.size());
    if (band.level < 0) {
      const std::uint32_t cell = 1u << topLevel(static_cast<int>(all));
      request.mostRows = request.mostKeys = (all + cell - 1) / cell;
    } else {
      const auto cut = [&](int place) { return std::min(static_cast<std::uint32_t>(place * span), all); };
      const std::uint32_t cell = 1u << band.level;
      request.rows = {cut(band.row), cut(band.row + 1)};
      request.keys = {cut(band.first), cut(band.last + 1)};
      request.mostRows = (request.rows.end - request.rows.first + cell - 1) / cell;
      request.mostKeys = (request.keys.end - request.keys.first + cell - 1) / cell;
    }
    return AttentionMap::create(model.description->graph(), std::move(tokens), request);
  };
  if (!m_question.ask(m_shown.message, m_shown.tokens, make)) {
    m_failed = true;
    Q_EMIT failed(tr("A model must be loaded to look inside it."));
  }
}

void AttentionSource::take(const Answer& answer) {
  const auto* map = dynamic_cast<const AttentionMap*>(answer.inquiry.get());
  if (!answer.error.isEmpty() || map == nullptr || map->tiles().empty()) {
    m_failed = true;
    return Q_EMIT failed(answer.error.isEmpty() ? tr("The device gave no attention of this text.") : answer.error);
  }
  m_pieces = answer.pieces;
  m_promptTokens = static_cast<int>(answer.promptTokens);
  m_tokens = static_cast<int>(answer.pieces.size());
  const MapTile& band = map->tiles().front();
  m_exact = map->replayedRows() == band.rows.end - band.rows.first;  // the last token is often in no archive
  if (m_asked.level < 0) {
    m_live.clear();
    m_tiles[{topLevel(m_tokens), 0, 0}] = band;
    m_bytes += band.bytes();
    return Q_EMIT replaced();
  }
  if (m_bytes > kMostBytes) {
    const TileKey all{topLevel(m_tokens), 0, 0};
    std::erase_if(m_tiles, [&](const auto& item) { return item.first != all; });
    m_bytes = 0;
  }
  const auto span = static_cast<std::uint32_t>(kTileCells << m_asked.level);
  for (int column = m_asked.first; column <= m_asked.last; ++column) {
    const auto begin = static_cast<std::uint32_t>(column) * span;
    const IndexRange keys{begin, std::min(begin + span, static_cast<std::uint32_t>(m_tokens))};
    const auto first = static_cast<std::uint32_t>((column - m_asked.first) * kTileCells);
    MapTile tile = columns(band, first, kTileCells, keys);
    m_bytes += tile.bytes();
    m_tiles[{m_asked.level, m_asked.row, column}] = std::move(tile);
  }
  Q_EMIT changed();
}

}  // namespace cutaway
