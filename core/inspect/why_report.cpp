// The report of Why: one section per question, each with what it means and what it does not.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/inspect/why.h"

namespace cutaway {
namespace {

constexpr std::size_t kAlternatives = 10, kWords = 12, kPushes = 12, kHeads = 8, kAttended = 3;
constexpr std::size_t kTail = 60;  ///< tokens of the text that are quoted

std::string number(double value, int decimals) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  const bool isZero = std::string_view(text).find_first_not_of("-0.") == std::string_view::npos;
  return text[0] == '-' && isZero ? text + 1 : text;
}

std::string percent(double value) { return value < 0.0005 ? "< 0.1 %" : number(100 * value, 1) + " %"; }

std::string headName(std::uint32_t layer, std::size_t head) { return concat("layer ", layer, ", head ", head); }

template <class T, class Size>
void keepLargest(std::vector<T>& list, std::size_t count, Size size) {
  std::ranges::stable_sort(list, std::ranges::greater(), size);
  if (list.size() > count) list.erase(list.begin() + static_cast<std::ptrdiff_t>(count), list.end());
}

struct HeadPush {
  std::uint32_t layer;
  std::size_t head;
  double push;
};

std::vector<HeadPush> headPushes(const Attribution& attribution) {
  std::vector<HeadPush> heads;
  for (const Attribution::Part& part : attribution.parts())
    for (std::size_t head = 0; head < part.heads.size(); ++head)
      heads.push_back({static_cast<std::uint32_t>(part.term.layer), head, part.heads[head]});
  keepLargest(heads, kHeads, [](const HeadPush& one) { return std::abs(one.push); });
  return heads;
}

}  // namespace

/// White space made visible, as in the window.
std::string Why::text(TokenId token) const {
  std::string shown = "“";
  for (const char c : m_description->tokenizer->piece(token, true)) {
    if (c == ' ') shown += "␣";
    else if (c == '\n') shown += "⏎";
    else if (c == '\t') shown += "⇥";
    else shown += c;
  }
  return shown + "”";
}

std::string Why::place(std::uint32_t token) const { return concat(token, " ", text(m_tokens[token])); }

ReportSection Why::alternatives() const {
  const LogitRow& row = m_next->row();
  ReportSection section{"What else it could have said", {}, {{"rank", "token", "probability", "ln p"}, {}, {}, "probability"}, {}};
  const double logProbability = m_next->logProbability(m_word);
  section.paragraphs.push_back(concat(text(m_word), " had a probability of ", percent(std::exp(logProbability)), " (ln p ",
                                      number(logProbability, 2), "), rank ", m_next->rank(m_word),
                                      ". The entropy of the whole distribution was ", number(row.entropy, 2), " nats."));
  for (std::size_t i = 0; i < std::min(kAlternatives, row.top.size()); ++i) {
    const double ln = row.top[i].logit - row.logSumExp;
    section.table.rows.push_back({std::to_string(i + 1), text(row.top[i].token), percent(std::exp(ln)), number(ln, 2)});
    section.table.bars.push_back(std::exp(ln));
  }
  section.note = "These are the model's own probabilities, before any sampler.";
  return section;
}

ReportSection Why::decision() const {
  ReportSection section{"Where it was decided", {}, {{"layer", "would say", "probability", "rank", "KL to the end"}, {}, {},
                        "probability of the final word"}, {}};
  const std::uint32_t decided = m_lens->decidedAt(0);
  const TokenId final = m_lens->at(m_lens->rows() - 1, 0).top[0];
  section.paragraphs.push_back(concat(text(final), " is the most likely word ",
                                      decided == 0 ? std::string("from the embedding on") : concat("from layer ", decided - 1, " on"),
                                      " and stays so. Each row is what the model would say if it stopped after that layer."));
  if (final != m_word) section.paragraphs.push_back(concat("The word that was chosen, ", text(m_word), ", is another one: the sampler drew it."));
  for (std::uint32_t row = 0; row < m_lens->rows(); ++row) {
    const LensCell& cell = m_lens->at(row, 0);
    section.table.rows.push_back({row == 0 ? "embedding" : std::to_string(row - 1), text(cell.top[0]), percent(double{cell.probability[0]}),
                                  std::to_string(cell.rank), number(double{cell.divergence}, 2)});
    section.table.bars.push_back(double{cell.finalProbability});
  }
  section.note = concat("Rank is that of ", text(final), ". A logit lens reads early layers in the last layer's language; what it "
                        "cannot read there may still be known.");
  return section;
}

ReportSection Why::words() const {
  const auto& methods = m_importance->methods();
  ReportSection section{"Which words it depended on", {}, {{"token"}, {}, {}, "loss when left out"}, {}};
  for (const auto& method : methods)
    section.table.headings.emplace_back(importanceMethods()[static_cast<std::size_t>(method.method)].name);
  const auto leave = std::ranges::find(methods, ImportanceMethod::leaveOneOut, &Importance::Method::method);
  const auto& leading = leave == methods.end() ? methods.front() : *leave;
  std::vector<std::uint32_t> order(m_tokens.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  keepLargest(order, kWords, [&](std::uint32_t token) { return leading.scores[token]; });
  for (const std::uint32_t token : order) {
    std::vector<std::string> row{place(token)};
    for (const auto& method : methods) row.push_back(number(method.scores[token], 3));
    section.table.rows.push_back(std::move(row));
    section.table.bars.push_back(leading.scores[token]);
  }
  double least = 1;
  for (std::size_t a = 0; a < methods.size(); ++a)
    for (std::size_t b = a + 1; b < methods.size(); ++b) {
      const double found = m_importance->agreement(a, b).spearman;
      if (!std::isnan(found)) least = std::min(least, found);
    }
  section.note = concat("The methods agree with each other by ", number(least, 2), " at least (Spearman); 95 % of random rankings stay below ",
                        number(m_importance->randomBand().spearman, 2), ". Losses are nats of the word's log-probability.");
  return section;
}

ReportSection Why::pushes() const {
  ReportSection section{"What pushed it", {}, {{"part", "push"}, {}, {}, "logits"}, {}};
  struct Push {
    std::string name;
    double push;
  };
  std::vector<Push> all;
  for (const Attribution::Part& part : m_attribution->parts()) {
    if (part.term.kind == ResidualTerm::Kind::embedding) all.push_back({"embedding", part.push});
    if (part.term.kind == ResidualTerm::Kind::feedForward) all.push_back({concat("layer ", part.term.layer, ", feed-forward"), part.push});
    for (std::size_t head = 0; head < part.heads.size(); ++head)
      all.push_back({headName(static_cast<std::uint32_t>(part.term.layer), head), part.heads[head]});
  }
  keepLargest(all, kPushes, [](const Push& push) { return std::abs(push.push); });
  for (const Push& push : all) {
    section.table.rows.push_back({push.name, number(push.push, 3)});
    section.table.bars.push_back(push.push);
  }
  section.paragraphs.push_back(concat("How much each part added to the logit of ", text(m_word),
                                      m_against < 0 ? std::string() : concat(" against that of ", text(m_against)), ", which is ",
                                      number(m_attribution->logit(), 3), " in all."));
  section.note = concat("All parts together give ", number(m_attribution->sum(), 3),
                        "; what is missing is rounding. Pushes are direct: what a part did to later parts is counted there.");
  return section;
}

ReportSection Why::looks() const {
  ReportSection section{"What the pushing heads looked at", {}, {{"head", "push", "looked at"}, {}, {}, {}}, {}};
  for (const HeadPush& head : headPushes(*m_attribution)) {
    const auto weights = attention(head.layer, static_cast<std::uint32_t>(head.head));
    std::vector<std::uint32_t> order(weights.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    keepLargest(order, kAttended, [&](std::uint32_t token) { return weights[token]; });
    std::string looked;
    for (const std::uint32_t token : order) looked += concat(looked.empty() ? "" : ", ", percent(double{weights[token]}), " ", place(token));
    section.table.rows.push_back({headName(head.layer, head.head), number(head.push, 3), looked});
  }
  section.note = "Attention tells where a head looked, not what it took from there.";
  return section;
}

ReportSection Why::ablations() const {
  ReportSection section{"What happens without a head", {}, {{"head", "ln p without it", "change"}, {}, {}, "change"}, {}};
  struct Effect {
    std::uint32_t layer, head;
    double effect;
  };
  std::vector<Effect> effects;
  for (std::size_t i = 0; i < m_ablation->effects().size(); ++i)
    effects.push_back({static_cast<std::uint32_t>(i / m_ablation->columns()), static_cast<std::uint32_t>(i % m_ablation->columns()),
                       m_ablation->effects()[i]});
  keepLargest(effects, kHeads, [](const Effect& one) { return std::abs(one.effect); });
  for (const Effect& one : effects) {
    section.table.rows.push_back({headName(one.layer, one.head), number(m_ablation->base() + one.effect, 3), number(one.effect, 3)});
    section.table.bars.push_back(one.effect);
  }
  section.paragraphs.push_back(concat("ln p of ", text(m_word), " is ", number(m_ablation->base(), 3),
                                      ". Each head was set to zero at every token, one head at a time."));
  section.note = "Other heads may stand in for a missing one, so that a small change does not prove that a head did nothing.";
  return section;
}

ReportSection Why::making() const {
  return {"How this was made",
          {concat(m_description->name, " on ", m_device,
                  ", with the weights as they are in the file. Everything above was computed by the run of this very text, at the last "
                  "of its ", m_tokens.size(), " tokens; nothing left this machine.")},
          {},
          {}};
}

Report Why::report() const {
  std::string tail;
  const std::size_t from = m_tokens.size() > kTail ? m_tokens.size() - kTail : 0;
  for (std::size_t i = from; i < m_tokens.size(); ++i) tail += m_description->tokenizer->piece(m_tokens[i], true);
  return {concat("Why ", text(m_word), "?"), concat(from > 0 ? "…" : "", tail, " → ", text(m_word)),
          {alternatives(), decision(), words(), pushes(), looks(), ablations(), making()}};
}

}  // namespace cutaway
