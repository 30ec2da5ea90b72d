#include "ui/chat/code_languages.h"

namespace cutaway {

namespace {

constexpr CodeRegion kHash{"#", nullptr, CodeColour::comment};
constexpr CodeRegion kSlashes{"//", nullptr, CodeColour::comment};
constexpr CodeRegion kDashes{"--", nullptr, CodeColour::comment};
constexpr CodeRegion kBlockComment{"/*", "*/", CodeColour::comment, true};
constexpr CodeRegion kDouble{"\"", "\"", CodeColour::string, false, true};
constexpr CodeRegion kSingle{"'", "'", CodeColour::string, false, true};
constexpr CodeRegion kRawTicks{"`", "`", CodeColour::string, true};
constexpr CodeRegion kTicks{"`", "`", CodeColour::string, true, true};

constexpr CodeLanguage kLanguages[] = {
    {.names = " python py python3 pycon ",
     .keywords =
         " False None True and as assert async await break case class continue def del elif else except "
         "finally for from global if import in is lambda match nonlocal not or pass raise return try while "
         "with yield self ",
     .regions = {{{"\"\"\"", "\"\"\"", CodeColour::string, true, true},
                  {"'''", "'''", CodeColour::string, true, true},
                  kHash,
                  kDouble,
                  kSingle}},
     .sigils = "@"},
    {.names = " c++ cpp cxx cc hpp h++ c h objc glsl hlsl cuda ",
     .keywords = " alignas alignof asm auto bool break case catch char class concept const consteval "
                 "constexpr const_cast "
                 "continue co_await co_return co_yield decltype default delete do double dynamic_cast else "
                 "enum explicit "
                 "extern false float for friend goto if inline int layout long mutable namespace new "
                 "noexcept nullptr NULL "
                 "operator private protected public register reinterpret_cast requires restrict return short "
                 "signed sizeof "
                 "static static_assert static_cast struct switch template this throw true try typedef typeid "
                 "typename "
                 "uniform union unsigned using virtual void volatile while size_t int8_t int16_t int32_t "
                 "int64_t uint8_t "
                 "uint16_t uint32_t uint64_t ",
     .regions = {{kSlashes, kBlockComment, kDouble, kSingle}},
     .sigils = "#"},
    {.names = " javascript js jsx mjs node ",
     .keywords =
         " async await break case catch class const continue debugger default delete do else export extends "
         "false finally for from function get if import in instanceof let new null of return set static "
         "super "
         "switch this throw true try typeof undefined var void while with yield ",
     .regions = {{kSlashes, kBlockComment, kDouble, kSingle, kTicks}}},
    {.names = " typescript ts tsx ",
     .keywords =
         " abstract any as async await boolean break case catch class const continue declare default delete "
         "do else enum export extends false finally for from function get if implements import in infer "
         "instanceof interface is keyof let namespace never new null number object of private protected "
         "public "
         "readonly return set static string super switch this throw true try type typeof undefined unknown "
         "var void while yield ",
     .regions = {{kSlashes, kBlockComment, kDouble, kSingle, kTicks}},
     .sigils = "@"},
    {.names = " rust rs ",
     .keywords =
         " as async await bool box break char const continue crate dyn else enum extern f32 f64 false fn for "
         "i8 "
         "i16 i32 i64 i128 if impl in isize let loop match mod move mut pub ref return self Self static str "
         "struct super trait true type u8 u16 u32 u64 u128 union unsafe use usize where while ",
     .regions = {{kSlashes,
                  kBlockComment,
                  {"r#\"", "\"#", CodeColour::string, true},
                  {"\"", "\"", CodeColour::string, true, true}}},
     .sigils = "#"},
    {.names = " go golang ",
     .keywords =
         " any bool break byte case chan const continue default defer else error fallthrough false float32 "
         "float64 for func go goto if import int int32 int64 interface map nil package range return rune "
         "select string struct switch true type uint var ",
     .regions = {{kSlashes, kBlockComment, kDouble, kSingle, kRawTicks}}},
    {.names = " java kotlin kt c# cs csharp scala swift ",
     .keywords =
         " abstract assert async await boolean break byte case catch char class const continue data default "
         "do "
         "double else enum extends false final finally float for foreach fun func if implements import in "
         "instanceof int interface internal is let long namespace native new null object override package "
         "private protected public record return sealed short static string super switch synchronized this "
         "throw throws transient true try using val var virtual void volatile when while ",
     .regions =
         {{{"\"\"\"", "\"\"\"", CodeColour::string, true, true}, kSlashes, kBlockComment, kDouble, kSingle}},
     .sigils = "@"},
    {.names = " bash sh shell zsh console terminal fish ",
     .keywords = " alias break case cd continue do done echo elif else esac eval exec exit export fi for "
                 "function if in "
                 "local read return select set shift source sudo then time trap unset until while ",
     .regions = {{kHash, {"\"", "\"", CodeColour::string, true, true}, {"'", "'", CodeColour::string, true}}},
     .sigils = "$"},
    {.names = " json jsonc json5 jsonl ",
     .keywords = " true false null ",
     .regions = {{kSlashes, kBlockComment, kDouble}},
     .keys = true},
    {.names = " sql sqlite mysql postgresql postgres plsql ",
     .keywords =
         " add all alter and as asc avg begin between by case cast check coalesce column commit constraint "
         "count "
         "create cross database default delete desc distinct drop else end except exists foreign from full "
         "group having in index inner insert integer intersect into is join key left like limit max min not "
         "null offset on or order outer partition primary real references returning right rollback select "
         "set "
         "sum table text then transaction trigger union unique update using values varchar view when where "
         "with ",
     .regions = {{kDashes, kBlockComment, {"'", "'", CodeColour::string, true}, kDouble}},
     .anyCase = true},
    {.names = " html xml svg xhtml vue htm ",
     .keywords = " ",
     .regions = {{{"<!--", "-->", CodeColour::comment, true}}},
     .markup = true},
    {.names = " yaml yml toml ini ",
     .keywords = " true false null yes no on off ",
     .regions = {{kHash, kDouble, kSingle}},
     .keys = true},
    {.names = " css scss less ",
     .keywords = " important inherit initial none auto ",
     .regions = {{kBlockComment, kDouble, kSingle}},
     .sigils = "@.#",
     .keys = true},
};

}  // namespace

std::span<const CodeLanguage> codeLanguages() { return kLanguages; }

}  // namespace cutaway
