// Where heads look: the attention of a recorded text as tiles of a map, computed when they are to be seen.
#pragma once

#include "core/inspect/inquiry.h"
#include "core/inspect/map_tile.h"

namespace cutaway {

struct MapRequest {
  enum class Join : std::uint8_t { each, mean, largest };
  enum class Rows : std::uint8_t {
    all,    ///< neighbours that share a row show their largest weights
    sample  ///< the first of them stands for all: less to compute
  };

  std::vector<std::uint32_t> layers = {};  ///< ascending; empty: all
  std::vector<std::uint32_t> heads = {};   ///< ascending; empty: all
  Join join = Join::each;  ///< mean: the mean of the heads' weights; largest: their largest, cell by cell
  IndexRange rows = {}, keys = {};                 ///< of the text
  std::uint32_t mostRows = 1024, mostKeys = 1024;  ///< of a tile
  Rows shrink = Rows::all;
};

/// From the session's archive by a slice where it holds the states of the rows: within about 1e-3 of the
/// run's own weights. Else by running the tokens once more, exactly as they ran, in the time it takes to read
/// the text; while the archive is on it is filled by that. In both cases from the cached keys, so that the
/// text is read again first where the session holds another one. Memory beyond the tiles does not grow with
/// rows times keys: a row at a time has one weight per key.
class AttentionMap final : public Inquiry {
 public:
  /// Fails when layers, heads or tokens are none of this text's, and when the tiles would take too much
  /// memory.
  static Result<std::unique_ptr<AttentionMap>> create(const Graph& graph, std::vector<TokenId> tokens,
                                                      MapRequest request);

  Result<bool> step(Session& session) override;
  double progress() const override;

  const std::vector<MapTile>& tiles() const { return m_tiles; }  ///< one per layer
  std::uint32_t replayedRows() const { return m_replayed; }      ///< that were not in the archive
  const std::vector<TokenId>& tokens() const { return m_tokens; }

  /// Seconds that this will take in a session that holds the text, where it must be run again; 0 where the
  /// archive serves, and while the session's speed is unknown.
  double expectedSeconds(const Session& session) const override { return replaySeconds(session); }
  double replaySeconds(const Session& session) const;

 private:
  AttentionMap(const Graph& graph, std::vector<TokenId> tokens, MapRequest request);

  /// Rows that are computed together: `count` of m_rows from `first` on.
  struct Chunk {
    std::uint32_t first = 0, count = 0;
  };
  bool isArchived(const Session& session, const Chunk& chunk) const;
  std::uint32_t fittingRows(std::uint32_t position, std::size_t layers) const;
  void nextChunk(Session& session);
  void restart();
  Result<void> fromArchive(Session& session);
  Result<void> fromReplay(Session& session);
  Result<Probe*> probeFor(Session& session, std::size_t layer);
  Tap tapOf(std::size_t layer) const;
  void take(std::size_t layer, const Capture& capture, std::uint32_t captureRow, std::uint32_t row);

  std::vector<TokenId> m_tokens;
  MapRequest m_request;
  std::vector<ValueId> m_patterns;    ///< by layer of the request
  std::vector<ValueId> m_states;      ///< that each layer reads
  std::vector<std::uint32_t> m_rows;  ///< positions to be computed, ascending
  std::vector<MapTile> m_tiles;
  std::vector<std::unique_ptr<Probe>> m_probes;
  const Session* m_probed = nullptr;  ///< that they are for
  ChunkPlanner m_planner{16};
  Chunk m_chunk;
  std::uint32_t m_layer = 0;  ///< of the chunk, done so far
  std::uint32_t m_done = 0;   ///< rows done in all layers
  std::uint32_t m_replayed = 0;
  std::vector<float> m_joined;
};

}  // namespace cutaway
