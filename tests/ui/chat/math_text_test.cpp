#include "ui/chat/math_text.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include "support/paths.h"
#include "ui/chat/markdown_inline.h"

using namespace cutaway;

namespace {

/// "x^{i}" for a raised, "x_{i}" for a lowered part; other styles are left out.
QString drawn(QStringView latex) {
  QString text;
  quint8 before = 0;
  const auto turn = [&](quint8 style) {
    if ((style & (kSuper | kSub)) == before) return;
    if (before != 0) text += u'}';
    before = style & (kSuper | kSub);
    if (before != 0) text += before == kSuper ? QStringLiteral("^{") : QStringLiteral("_{");
  };
  for (const MathSegment& part : mathSegments(latex)) {
    turn(part.style);
    text += part.text;
  }
  turn(0);
  return text.replace(QChar::LineSeparator, u'\n');
}

struct Case {
  const char16_t* latex;
  const char16_t* drawn;
};
constexpr Case kCases[] = {
    {u"\\alpha_i^2 + \\frac{a}{b}", u"α_{i}^{2} + a/b"},
    {u"E = mc^2", u"E = mc^{2}"},
    {u"\\sum_{i=1}^{n} x_i", u"∑_{i=1}^{n}x_{i}"},
    {u"\\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}", u"(−b ± √(b^{2} − 4ac))/2a"},
    {u"\\frac12", u"1/2"},
    {u"\\sqrt[3]{x+1}", u"^{3}√(x + 1)"},
    {u"\\sqrt{x}", u"√x"},
    {u"\\mathbb{R}^{n \\times m}", u"ℝ^{n×m}"},
    {u"\\text{softmax}\\left(\\frac{QK^T}{\\sqrt{d_k}}\\right)V", u"softmax(QK^{T}/√d_{k})V"},
    {u"\\hat{y} = \\operatorname{argmax}_y p(y \\mid x)", u"y\u0302 = argmax_{y}p(y ∣ x)"},
    {u"\\log x + \\sin(x)", u"log x + sin(x)"},
    {u"\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}", u"(a  b; c  d)"},
    {u"\\begin{aligned} a &= b \\\\ &= c \\end{aligned}", u"a = b\n = c"},
    {u"f'(x) \\to \\infty", u"f′(x) → ∞"},
    {u"e^{x^2}", u"e^{x^2}"},
    {u"e^{-x}", u"e^{−x}"},
    {u"\\{1, 2\\}", u"{1, 2}"},
    {u"\\unheardof{x}", u"\\unheardofx"},
    {u"50\\%", u"50%"},
    {u"", u""},
    {u"\\", u"\\"},
    {u"\\frac{", u"/"},
    {u"x^", u"x"},
};

struct Found {
  const char16_t* text;
  const char16_t* content;  ///< null: no formula
  bool display = false;
  bool growing = false;
  char16_t before = u' ';
};
constexpr Found kFound[] = {
    {u"$x$ and", u"x"},
    {u"$f(x)$.", u"f(x)"},
    {u"$$a = b$$", u"a = b", true},
    {u"\\(a_1\\) is", u"a_1"},
    {u"\\[ a = b \\]", u" a = b ", true},
    {u"$5 and $10", nullptr},
    {u"$5, then 10$ more", nullptr},
    {u"$HOME/$USER", nullptr},
    {u"$ x = y $", nullptr},
    {u"$x$1", nullptr},
    {u"$x$", nullptr, false, false, u'a'},
    {u"$a + b", nullptr},
    {u"$a\\$ + b$", u"a\\$ + b"},
    {u"\\[not a link\\]", nullptr},
    {u"$$", nullptr},
    {u"$$$$", nullptr},
    {u"$$a = ", u"a = ", true, true},
    {u"$\\frac{a", u"\\frac{a", false, true},
    {u"$5 = ", nullptr, false, true},
};

QString nested(int depth) { return QStringLiteral("{").repeated(depth) + u'x' + QStringLiteral("}").repeated(depth); }

}  // namespace

class MathTextTest : public QObject {
  Q_OBJECT

 private slots:
  void formulasAreDrawn() {
    for (const Case& one : kCases) QCOMPARE(drawn(QStringView(one.latex)), QString::fromUtf16(one.drawn));
  }

  void formulasAreFound() {
    for (const Found& one : kFound) {
      const QStringView text(one.text);
      const auto found = mathAt(text, one.before, one.growing);
      QVERIFY2(found.has_value() == (one.content != nullptr), qPrintable(text.toString()));
      if (!found) continue;
      QCOMPARE(text.mid(found->open, found->content).toString(), QString::fromUtf16(one.content));
      QCOMPARE(found->display, one.display);
      QCOMPARE(found->close == 0, one.growing);
    }
  }

  void symbolsAreThoseOfAnotherProgram() {
    QFile file(QString::fromStdString(test::projectFile("tests/oracles/math/symbols.json")));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonObject known = QJsonDocument::fromJson(file.readAll()).object();
    // Where pylatexenc takes a plainer character.
    const QStringList ours{"backslash", "bigoplus", "bigotimes", "bullet", "cdot", "hbar", "mid", "prime"};
    QVERIFY(known.size() > 150);
    for (auto symbol = known.begin(); symbol != known.end(); ++symbol) {
      const MathSymbol* found = mathSymbol(symbol.key());
      QVERIFY2(found != nullptr, qPrintable(symbol.key()));
      if (!ours.contains(symbol.key())) QCOMPARE(QString::fromUtf16(found->text), symbol.value().toString());
    }
    for (const MathSymbol* symbol = mathSymbolsBegin(); symbol != mathSymbolsEnd(); ++symbol)
      QCOMPARE(mathSymbol(QString::fromLatin1(symbol->name)), symbol);
  }

  void everyBeginningKeepsItsOrderAndEnds() {
    QStringList sources{nested(100), nested(5000), QStringLiteral("\\sqrt").repeated(500),
                        QStringLiteral("\\frac").repeated(500), QStringLiteral("x^").repeated(3000)};
    for (const Case& one : kCases) sources << QString::fromUtf16(one.latex);
    for (const QString& source : std::as_const(sources)) {
      for (qsizetype length = source.size() > 200 ? source.size() : 0; length <= source.size(); ++length) {
        int at = 0;
        for (const MathSegment& part : mathSegments(QStringView(source).left(length))) {
          QVERIFY2(part.begin >= at && part.length > 0 && part.begin + part.length <= length, qPrintable(source));
          at = part.begin + part.length;
        }
      }
    }
  }

  void textAroundAFormulaKeepsItsPlace() {
    const QString source = QStringLiteral("So $x_i$ and *this*: $$y = 2$$ then \\(z^2\\).");
    const InlineText text = parseInline(source, {{0, int(source.size())}});
    QCOMPARE(QString(text.text).replace(QChar::LineSeparator, u'\n'), QStringLiteral("So xi and this: \ny = 2\n then z2."));
    QCOMPARE(text.sourceAt(int(text.text.indexOf(u'y'))), int(source.indexOf(u'y')));
    QCOMPARE(text.sourceAt(int(text.text.indexOf(u"then"))), int(source.indexOf(u"then")));
    const SourceSpan raised = text.renderedRange(int(source.indexOf(u"^2")), int(source.indexOf(u"\\).")));
    QCOMPARE(text.text.mid(raised.begin, raised.length), QStringLiteral("2"));
  }

  void codeKeepsItsDollars() {
    const QString source = QStringLiteral("`$x_i$` and \\$5");
    QCOMPARE(parseInline(source, {{0, int(source.size())}}).text, QStringLiteral("$x_i$ and $5"));
  }
};

QTEST_APPLESS_MAIN(MathTextTest)
#include "math_text_test.moc"
