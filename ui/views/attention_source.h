// Tiles of one head's map of a recorded text, asked of the engine as they are looked at.
#pragma once

#include <QTimer>
#include <set>

#include "core/inspect/attention_map.h"
#include "ui/views/tile_source.h"
#include "ui/views/view_question.h"

namespace cutaway {

class AttentionSource : public TileSource {
  Q_OBJECT

 public:
  AttentionSource(ViewData& data, QObject* parent);

  /// Of the first `tokens` tokens of an answer and all before them; of one head, or joined over the layer's.
  struct Shown {
    qint64 message = 0;  ///< 0: nothing is shown
    int tokens = 0, layer = 0;
    int head = MapTile::kMean;  ///< or kLargest
    bool operator==(const Shown&) const = default;
  };
  void show(const Shown& shown);
  const Shown& shown() const { return m_shown; }

  /// A row of the map while the answer is written: the weights of one more token. Nothing is asked until show(). The
  /// caller says changed() when all rows that came are there.
  void addLive(int position, std::span<const float> weights);
  bool isLive() const { return m_isLive; }

  int tokens() const override { return m_tokens; }
  int promptTokens() const { return m_promptTokens; }  ///< before the answer's first; 0 while unknown
  QString piece(int token) const override { return m_pieces.value(token); }
  const MapTile* tile(const TileKey& key) override;
  const std::vector<MapTile>& live() const override { return m_live; }

  const MapTile* whole() const;  ///< the tile of all the text; null while it is not there
  ViewQuestion& question() { return m_question; }
  const ViewQuestion& question() const { return m_question; }
  bool isExact() const { return m_exact; }  ///< not from states kept in F16

 Q_SIGNALS:
  void failed(const QString& sentence);

 private:
  void askForMissing();
  void take(const Answer& answer);
  void clear();

  ViewQuestion m_question;
  QTimer m_soon;
  Shown m_shown;
  int m_tokens = 0, m_promptTokens = 0;
  bool m_exact = false, m_isLive = false, m_failed = false;
  QStringList m_pieces;
  std::set<TileKey> m_missed;
  std::map<TileKey, MapTile> m_tiles;
  std::size_t m_bytes = 0;
  std::vector<MapTile> m_live;
  struct Band {
    int level = 0, row = 0, first = 0, last = -1;  ///< columns
  };
  Band m_asked;
};

}  // namespace cutaway
