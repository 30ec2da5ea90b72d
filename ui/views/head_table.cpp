#include "ui/views/head_table.h"

#include <QCoreApplication>
#include <QLocale>

#include "ui/theme.h"
#include "ui/views/view_saving.h"

namespace cutaway {
namespace {

struct HabitText {
  const char *name, *heading, *meaning;
};
constexpr HabitText kHabitTexts[kHeadHabitCount] = {
    {QT_TRANSLATE_NOOP("Habits", "previous token"), QT_TRANSLATE_NOOP("Habits", "Prev."),
     QT_TRANSLATE_NOOP("Habits", "Mean weight on the token before")},
    {QT_TRANSLATE_NOOP("Habits", "duplicate token"), QT_TRANSLATE_NOOP("Habits", "Dup."),
     QT_TRANSLATE_NOOP("Habits", "Mean weight on earlier places of the same token")},
    {QT_TRANSLATE_NOOP("Habits", "induction"), QT_TRANSLATE_NOOP("Habits", "Ind."),
     QT_TRANSLATE_NOOP("Habits", "Mean weight on what came after earlier places of the same token")},
    {QT_TRANSLATE_NOOP("Habits", "sink"), QT_TRANSLATE_NOOP("Habits", "Sink"),
     QT_TRANSLATE_NOOP("Habits", "Mean weight on the first token")},
    {QT_TRANSLATE_NOOP("Habits", "self"), QT_TRANSLATE_NOOP("Habits", "Self"),
     QT_TRANSLATE_NOOP("Habits", "Mean weight on the token itself")},
    {QT_TRANSLATE_NOOP("Habits", "local"), QT_TRANSLATE_NOOP("Habits", "Local"),
     QT_TRANSLATE_NOOP("Habits", "Mean weight on the eight tokens before")},
};

QString translated(const char* text) { return QCoreApplication::translate("Habits", text); }

}  // namespace

QString habitName(HeadHabit habit) { return translated(kHabitTexts[static_cast<std::size_t>(habit)].name); }

void HeadTable::set(std::shared_ptr<const HeadFinder> finder) {
  beginResetModel();
  m_finder = std::move(finder);
  endResetModel();
}

void HeadTable::setSource(HeadFinder::Source source) {
  beginResetModel();
  m_source = source;
  endResetModel();
}

std::pair<int, int> HeadTable::headAt(int row) const {
  const int heads = static_cast<int>(m_finder->heads());
  return {row / heads, row % heads};
}

int HeadTable::rowOf(int layer, int head) const {
  if (!m_finder || layer < 0 || head < 0 || layer >= static_cast<int>(m_finder->layers()) || head >= static_cast<int>(m_finder->heads()))
    return -1;
  return layer * static_cast<int>(m_finder->heads()) + head;
}

int HeadTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !m_finder ? 0 : static_cast<int>(m_finder->layers() * m_finder->heads());
}

int HeadTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kFirstScore + static_cast<int>(kHeadHabitCount);
}

QString HeadTable::name(int row) const {
  const auto [layer, head] = headAt(row);
  const auto habit = m_finder->name(static_cast<std::uint32_t>(layer), static_cast<std::uint32_t>(head));
  return habit ? habitName(*habit) : QString();
}

double HeadTable::score(int row, int column) const {
  const auto [layer, head] = headAt(row);
  return m_finder->scores(m_source, static_cast<std::uint32_t>(layer), static_cast<std::uint32_t>(head))[static_cast<std::size_t>(column - kFirstScore)];
}

QVariant HeadTable::data(const QModelIndex& cell, int role) const {
  if (!m_finder || !cell.isValid()) return {};
  const int column = cell.column();
  const bool isScore = column >= kFirstScore;
  switch (role) {
    case Qt::DisplayRole:
      if (column == kHead) return QStringLiteral("%1.%2").arg(headAt(cell.row()).first).arg(headAt(cell.row()).second);
      return isScore ? QLocale().toString(score(cell.row(), column), 'f', 2) : name(cell.row());
    case kSortRole:
      if (column == kHead) return cell.row();
      return isScore ? QVariant(score(cell.row(), column)) : QVariant(name(cell.row()));
    case Qt::BackgroundRole:
      return isScore ? QVariant(Theme::instance().surprise(static_cast<float>(qBound(0.0, score(cell.row(), column), 1.0)))) : QVariant();
    case Qt::TextAlignmentRole: return static_cast<int>((column == kName ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    default: return {};
  }
}

QVariant HeadTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation == Qt::Vertical) return {};
  const int habit = section - kFirstScore;
  if (role == Qt::ToolTipRole && section == kHead) return tr("Layer and head, both from 0");
  if (role == Qt::ToolTipRole && habit >= 0) return translated(kHabitTexts[habit].meaning);
  if (role != Qt::DisplayRole) return {};
  if (section == kHead) return tr("Head");
  return section == kName ? tr("Does") : translated(kHabitTexts[habit].heading);
}

QString HeadTable::csv() const {
  if (!m_finder) return {};
  QStringList headings{QStringLiteral("layer"), QStringLiteral("head"), QStringLiteral("name")};
  for (const char* source : {"random", "text"})
    for (const HeadHabitInfo& info : headHabits()) headings += QStringLiteral("%1 on %2").arg(QLatin1String(info.name), QLatin1String(source));
  CsvTable csv(headings);
  for (int row = 0; row < rowCount(); ++row) {
    const auto [layer, head] = headAt(row);
    QStringList cells{QString::number(layer), QString::number(head), name(row)};
    for (const auto source : {HeadFinder::Source::random, HeadFinder::Source::text})
      for (const double score : m_finder->scores(source, static_cast<std::uint32_t>(layer), static_cast<std::uint32_t>(head)))
        cells += csvNumber(score);
    csv.add(cells);
  }
  return csv.text();
}

}  // namespace cutaway
