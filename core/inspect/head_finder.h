// What every head of the model seems to do: its habits on the user's text and on repeated random tokens, where meaning plays
// no part (Olsson et al. 2022), and a name for those that stand out.
#pragma once

#include <optional>

#include "core/inspect/head_scores.h"
#include "core/inspect/inquiry.h"

namespace cutaway {

class HeadFinder : public Inquiry {
 public:
  enum class Source : std::uint8_t { text, random };

  struct Options {
    std::uint32_t randomTokens = 48;  ///< in a sequence that is read twice in a row
    std::uint32_t rounds = 4;         ///< such sequences
    std::uint64_t seed = 1;
  };
  /// `tokens`: the user's text; may be empty. Of a long one the last `kMostTokens` count.
  HeadFinder(const Model& model, std::vector<TokenId> tokens, const Options& options);
  HeadFinder(const Model& model, std::vector<TokenId> tokens) : HeadFinder(model, std::move(tokens), Options()) {}
  static constexpr std::size_t kMostTokens = 1024;

  std::uint32_t ownContext() const override { return m_longest; }
  bool takes(const Edits& edits) const override { return reachEveryToken(edits); }
  double expectedSeconds(const Session& session) const override { return session.secondsFor(m_all); }
  Result<bool> step(Session& session) override;
  double progress() const override;

  std::uint32_t layers() const { return m_layers; }
  std::uint32_t heads() const { return m_heads; }
  std::size_t textTokens() const { return m_texts.front().size(); }  ///< that were scored
  HeadScores scores(Source source, std::uint32_t layer, std::uint32_t head) const;

  /// The habit in which the head stands out most, by its distance from the median head on random tokens. None where it
  /// stands out in nothing: kOutstanding typical distances from the median (median absolute deviations).
  std::optional<HeadHabit> name(std::uint32_t layer, std::uint32_t head) const;
  static constexpr double kOutstanding = 4;
  /// How far the head lies from the median head on random tokens, in typical distances.
  double standing(HeadHabit habit, std::uint32_t layer, std::uint32_t head) const;

 private:
  struct Usual {
    double median = 0, distance = 0;
  };
  std::size_t place(std::uint32_t layer, std::uint32_t head) const { return std::size_t{layer} * m_heads + head; }
  Result<void> readSome(Session& session);
  void add(const Capture& pattern, std::uint32_t layer, std::uint32_t tokens);
  void compare();

  std::uint32_t m_layers, m_heads, m_longest = 1;
  std::vector<Tap> m_taps;                      ///< every layer's pattern
  std::vector<std::vector<TokenId>> m_texts;    ///< the user's, then the random ones
  std::size_t m_text = 0;                       ///< the one being read
  std::uint32_t m_read = 0;                     ///< tokens of it
  std::uint64_t m_done = 0, m_all = 0;          ///< tokens of all
  std::array<std::vector<HeadTally>, 2> m_tallies;  ///< (layers, heads) by source
  std::array<Usual, kHeadHabitCount> m_usual;   ///< on random tokens
};

}  // namespace cutaway
