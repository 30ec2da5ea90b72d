#include "ui/chat/markdown.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include "support/paths.h"
#include "ui/chat/markdown_inline.h"

using namespace cutaway;

namespace {

QString containerName(const MarkdownContainer& container) {
  if (container.quote) return QStringLiteral("quote");
  const QString task = container.task == TaskState::done   ? QStringLiteral("done ")
                       : container.task == TaskState::open ? QStringLiteral("open ")
                                                           : QString();
  return task +
         (container.ordered ? QStringLiteral("item %1").arg(container.number) : QStringLiteral("item"));
}

QString styleLetters(quint8 style) {
  QString letters;
  for (auto [bit, letter] :
       {std::pair{kBold, 'b'}, {kCode, 'c'}, {kItalic, 'i'}, {kLink, 'l'}, {kStrike, 's'}})
    if (style & bit) letters += QLatin1Char(letter);
  return letters;
}

QJsonArray piecesOf(const InlineText& text) {
  QJsonArray pieces;
  const auto add = [&](int begin, int end, quint8 style, const QString& address) {
    if (end <= begin) return;
    QString part = text.text.mid(begin, end - begin).replace(QChar::LineSeparator, u'\n');
    pieces << QJsonArray{styleLetters(style), part, address};
  };
  int at = 0;
  for (const InlineSpan& span : text.spans) {
    add(at, span.begin, 0, {});
    at = span.begin + span.length;
    add(span.begin, at, span.style, span.link < 0 ? QString() : text.links[span.link]);
  }
  add(at, int(text.text.size()), 0, {});
  return pieces;
}

QJsonArray tableOf(const QString& source, const MarkdownParser& parser, const MarkdownBlock& block) {
  QJsonArray rows;
  for (SourceSpan line : parser.linesOf(block)) {
    QJsonArray row;
    auto cells = tableCells(source, line);
    cells.resize(block.columns.size());
    for (SourceSpan cell : cells) row << piecesOf(parseInline(source, {cell}, {.inTable = true}));
    rows << row;
  }
  return rows;
}

QJsonArray blocksOf(const QString& source, const MarkdownParser& parser) {
  QJsonArray blocks;
  for (const MarkdownBlock& block : parser.blocks()) {
    QJsonObject shown;
    QJsonArray in;
    for (const MarkdownContainer& container : block.containers) in << containerName(container);
    shown["in"] = in;
    const auto lines = parser.linesOf(block);
    switch (block.kind) {
      case BlockKind::rule:
        shown["kind"] = "rule";
        break;
      case BlockKind::table:
        shown["kind"] = "table";
        shown["cells"] = tableOf(source, parser, block);
        break;
      case BlockKind::code: {
        QString text;
        for (SourceSpan line : lines) text += source.mid(line.begin, line.length) + u'\n';
        shown["kind"] = "code " + source.mid(block.language.begin, block.language.length);
        shown["text"] = text;
        break;
      }
      default:
        shown["kind"] =
            block.kind == BlockKind::heading ? QStringLiteral("heading %1").arg(block.level) : "paragraph";
        shown["text"] = piecesOf(parseInline(source, lines));
    }
    blocks << shown;
  }
  return blocks;
}

QJsonArray loadCases(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  return QJsonDocument::fromJson(file.readAll()).array();
}

QJsonArray cases() {
  return loadCases(QString::fromStdString(test::projectFile("tests/oracles/markdown/markdown.json")));
}

MarkdownParser parsed(const QString& text, bool complete) {
  MarkdownParser parser;
  parser.update(text, complete);
  return parser;
}

bool same(const MarkdownParser& a, const MarkdownParser& b) {
  return a.blocks() == b.blocks() && a.lines() == b.lines();
}

}  // namespace

class MarkdownTest : public QObject {
  Q_OBJECT

 private slots:
  void blocksAreAsMarkdownItSees() {
    // A file of further cases, as make_markdown.py writes them, may be named for a wider comparison.
    const QString more = qEnvironmentVariable("CUTAWAY_MARKDOWN_CASES");
    const QJsonArray all = more.isEmpty() ? cases() : loadCases(more);
    QVERIFY(all.size() > 40);
    int failures = 0;
    for (const QJsonValue& item : all) {
      const QString source = item["source"].toString();
      const QJsonArray got = blocksOf(source, parsed(source, true));
      if (got == item["blocks"].toArray()) continue;
      ++failures;
      qWarning().noquote() << "source:" << QJsonDocument(QJsonArray{source}).toJson(QJsonDocument::Compact)
                           << "\n  expected"
                           << QJsonDocument(item["blocks"].toArray()).toJson(QJsonDocument::Compact)
                           << "\n  found   " << QJsonDocument(got).toJson(QJsonDocument::Compact);
    }
    QCOMPARE(failures, 0);
  }

  void everySplitGivesTheSameBlocks() {
    for (const QJsonValue& item : cases()) {
      const QString source = item["source"].toString();
      const MarkdownParser whole = parsed(source, true);
      for (int cut = 0; cut <= source.size(); ++cut) {
        MarkdownParser parser;
        parser.update(source.left(cut), false);
        parser.update(source, true);
        QVERIFY2(same(parser, whole), qPrintable(QStringLiteral("cut at %1: %2").arg(cut).arg(source)));
      }
    }
  }

  void growingByCharactersIsGrowingAtOnce() {
    for (const QJsonValue& item : cases()) {
      const QString source = item["source"].toString();
      MarkdownParser growing;
      QVector<MarkdownBlock> before;
      for (int length = 1; length <= source.size(); ++length) {
        const int changed = growing.update(source.left(length), false);
        QVERIFY(same(growing, parsed(source.left(length), false)));
        QVERIFY(growing.blocks().mid(0, changed) == before.mid(0, changed));  // what it said stayed, stayed
        before = growing.blocks();
      }
    }
  }

  void unfinishedConstructsDoNotJump_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("kinds");
    const auto row = [](const char* text, const char* kinds) { QTest::newRow(text) << text << kinds; };
    row("```", "code");
    row("```py", "code");
    row("``", "");
    row("text\n\n``", "paragraph");
    row("```\ncode\n``", "code");  // the beginning fence is no line of the code
    row("text\n-", "paragraph");
    row("text\n--", "paragraph");
    row("text\n---\n", "heading");
    row("#", "");
    row("# T", "heading");
    row("1", "");
    row("1.", "");
    row("1. a", "paragraph");
    row("| a | b", "table");
    row("| a | b |\n", "table");
    row("| a | b |\n| -", "table");
    row("| a | b |\n| - | - |\n| c", "table");
    row("| a | b |\ntext", "paragraph");
    row("intro\n| a |", "paragraph table");
    row("- [", "paragraph");
  }
  void unfinishedConstructsDoNotJump() {
    QFETCH(QString, text);
    QFETCH(QString, kinds);
    QStringList found;
    const MarkdownParser parser = parsed(text, false);
    for (const MarkdownBlock& block : parser.blocks())
      found << QStringList{"paragraph", "heading", "code", "table", "rule"}[int(block.kind)];
    QCOMPARE(found.join(u' '), kinds);
    if (text.startsWith("```\n")) QCOMPARE(parser.blocks().last().lineCount, 1);
    if (text == "- [") QCOMPARE(parser.blocks().last().lineCount, 0);
  }

  void unfinishedEmphasisIsTextUntilClosed() {
    const auto shown = [](const QString& text) {
      const MarkdownParser parser = parsed(text, false);
      return parseInline(text, parser.linesOf(parser.blocks().last()), {.growing = true});
    };
    QCOMPARE(shown("a **bold").text, "a **bold");
    QVERIFY(shown("a **bold").spans.isEmpty());
    QCOMPARE(shown("a **").text, "a ");  // held back
    QCOMPARE(shown("a **bold*").text, "a **bold");
    QVERIFY(shown("a **bold*").spans.isEmpty());
    QCOMPARE(shown("a **bold**").text, "a bold");
    QCOMPARE(shown("a `code").text, "a `code");
    QCOMPARE(shown("a `code`").text, "a code");
    QCOMPARE(shown("a ~~b~").text, "a ~~b~");
    QCOMPARE(shown("a *b* c").text, "a b c");
  }

  void everyRenderedCharacterKnowsItsSource() {
    for (const QJsonValue& item : cases()) {
      const QString source = item["source"].toString();
      const MarkdownParser parser = parsed(source, true);
      for (const MarkdownBlock& block : parser.blocks()) {
        if (block.kind == BlockKind::code || block.kind == BlockKind::table) continue;
        const InlineText text = parseInline(source, parser.linesOf(block));
        int before = -1;
        for (int i = 0; i < text.text.size(); ++i) {
          const int at = text.sourceAt(i);
          QVERIFY(at >= before && at >= text.sourceBegin && at < text.sourceEnd);
          before = at;
          const SourceSpan back = text.renderedRange(at, at + 1);
          QVERIFY(back.begin <= i && i < back.end());
          const QChar shown = text.text[i], written = source[at];
          QVERIFY2(shown == written || shown == QChar::LineSeparator || written == u'\\' || written == u'&' ||
                       written == u'<',
                   qPrintable(QStringLiteral("%1 at %2 of %3").arg(shown).arg(at).arg(source)));
        }
      }
    }
  }

  void sourceRangesFindTheirCharacters() {
    const QString source = QStringLiteral("a **bc** &amp; [d](u) \\*");
    const InlineText text = parseInline(source, {{0, int(source.size())}});
    QCOMPARE(text.text, "a bc & d *");
    QCOMPARE(text.renderedRange(2, 4).length, 0);              // "**"
    QCOMPARE(text.renderedRange(2, 5), (SourceSpan{2, 1}));    // "**b"
    QCOMPARE(text.renderedRange(4, 8), (SourceSpan{2, 2}));    // "bc**"
    QCOMPARE(text.renderedRange(10, 12), (SourceSpan{5, 1}));  // the middle of "&amp;"
    QCOMPARE(text.renderedRange(15, 17), (SourceSpan{7, 1}));  // "[d"
    QCOMPARE(text.renderedRange(17, 20).length, 0);            // "](u"
    QCOMPARE(text.renderedRange(0, int(source.size())), (SourceSpan{0, 10}));
    QCOMPARE(text.sourceAt(10), int(source.size()));
    QCOMPARE(text.renderedAt(4), 2);
  }

  void hostileTextEnds() {
    for (const char* unit :
         {"*", "**a ", "[", "](", "`a ``b ", "> ", "- ", "_a*", "&", "<a", "|", "![", "1. ", "~~"}) {
      const QString text = QString::fromLatin1(unit).repeated(4000);
      const MarkdownParser parser = parsed(text, true);
      for (const MarkdownBlock& block : parser.blocks()) {
        QVERIFY(block.containers.size() <= 32);
        parseInline(text, parser.linesOf(block));
      }
    }
  }
};

QTEST_GUILESS_MAIN(MarkdownTest)
#include "markdown_test.moc"
