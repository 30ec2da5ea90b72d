#include "ui/chat/code_highlight.h"

#include <QSet>
#include <QTest>

#include "ui/chat/code_languages.h"

using namespace cutaway;

namespace {

/// The coloured stretches as "k:def f:name", line by line.
QString coloured(const char* language, const QString& code) {
  const CodeLanguage* known = codeLanguage(QString::fromLatin1(language));
  if (!known) return QStringLiteral("unknown");
  QStringList found;
  CodeState state = 0;
  for (const QString& line : code.split(u'\n')) {
    QVector<CodeSpan> spans;
    state = highlightLine(*known, line, state, spans);
    for (const CodeSpan& span : spans)
      found << QString(QLatin1Char("-ksncf"[int(span.colour)])) + u':' + line.mid(span.begin, span.length);
  }
  return found.join(u' ');
}

}  // namespace

class CodeHighlightTest : public QObject {
  Q_OBJECT

 private slots:
  void colours_data() {
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* language, const char* code, const char* expected) {
      QTest::newRow(language) << QString(code) << QString(expected);
    };
    row("python", "def f(x): # go\n  return 'a\\'b' + 1.5e3", "k:def f:f c:# go k:return s:'a\\'b' n:1.5e3");
    row("py", "\"\"\"one\ntwo\"\"\" + x\n@cached", "s:\"\"\"one s:two\"\"\" f:@cached");
    row("c++", "/* a\nb */ int x = 0x1F; // c\nputs(\"//\");",
        "c:/* a c:b */ k:int n:0x1F c:// c f:puts s:\"//\"");
    row("c", "#include <a.h>\n  '\\''", "f:#include s:'\\''");
    row("js", "const a = `x\n${y}` + f()", "k:const s:`x s:${y}` f:f");
    row("TypeScript", "let n: number = 3", "k:let k:number n:3");
    row("rust", "fn main() { let s: &'a str = \"x\"; }", "k:fn f:main k:let k:str s:\"x\"");
    row("go", "func f() { return `a\\`}", "k:func f:f k:return s:`a\\`");
    row("java", "@Override public int x() // y", "f:@Override k:public k:int f:x c:// y");
    row("bash", "for f in $HOME/*; do echo \"$f\" # each",
        "k:for k:in f:$HOME k:do k:echo s:\"$f\" c:# each");
    row("json", "{\"a\": [1, true, \"b\"]}", "f:\"a\" n:1 k:true s:\"b\"");
    row("SQL", "SELECT count(*) FROM t -- all\nwhere a = 'it''s'",
        "k:SELECT k:count k:FROM c:-- all k:where s:'it' s:'s'");
    row("html", "<!-- a\nb --><a href=\"x\">for 1</a>", "c:<!-- a c:b --> k:<a f:href s:\"x\" k:> k:</a k:>");
    row("xml", "<t a='1'\n b=\"2\n3\"/>", "k:<t f:a s:'1' f:b s:\"2 s:3\" k:>");
    row("yaml", "key: 'v' # c", "f:key s:'v' c:# c");
    row("brainfuck", "+++", "unknown");
  }
  void colours() {
    QFETCH(QString, code);
    QFETCH(QString, expected);
    QCOMPARE(coloured(QTest::currentDataTag(), code), expected);
  }

  void namesAreUnique() {
    QSet<QString> seen;
    for (const CodeLanguage& language : codeLanguages()) {
      const QString names = QString::fromLatin1(language.names);
      QVERIFY(names.startsWith(u' ') && names.endsWith(u' '));
      QVERIFY(QLatin1String(language.keywords).startsWith(' ') &&
              QLatin1String(language.keywords).endsWith(' '));
      for (const QString& name : names.split(u' ', Qt::SkipEmptyParts)) {
        QVERIFY2(!seen.contains(name), qPrintable(name));
        QCOMPARE(codeLanguage(name), &language);
        seen << name;
      }
    }
  }

  void anyTextIsSafe() {
    const QString nasty = QStringLiteral("\\ \" ' ` <!-- <a \" = /* # $ @ \\");
    for (const CodeLanguage& language : codeLanguages())
      for (int length = 0; length <= nasty.size(); ++length) {
        QVector<CodeSpan> spans;
        const CodeState state = highlightLine(language, QStringView(nasty).left(length), 0, spans);
        highlightLine(language, QStringView(nasty).mid(length), state, spans);
        highlightLine(language, {}, state, spans);
        for (const CodeSpan& span : spans)
          QVERIFY(span.begin >= 0 && span.begin + span.length <= nasty.size());
      }
  }
};

QTEST_GUILESS_MAIN(CodeHighlightTest)
#include "code_highlight_test.moc"
