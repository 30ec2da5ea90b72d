#include <algorithm>
#include <iterator>

#include "ui/chat/math_text.h"

namespace cutaway {
namespace {

/// In the order of their names. tests/oracles/math compares them with pylatexenc's.
constexpr MathSymbol kSymbols[] = {
    {"Delta", u"Δ"}, {"Gamma", u"Γ"}, {"Im", u"ℑ"}, {"Lambda", u"Λ"},
    {"Leftarrow", u"⇐", MathClass::spaced}, {"Leftrightarrow", u"⇔", MathClass::spaced},
    {"Longrightarrow", u"⟹", MathClass::spaced}, {"Omega", u"Ω"}, {"Phi", u"Φ"}, {"Pi", u"Π"},
    {"Pr", u"Pr", MathClass::function}, {"Psi", u"Ψ"}, {"Re", u"ℜ"},
    {"Rightarrow", u"⇒", MathClass::spaced}, {"Sigma", u"Σ"}, {"Theta", u"Θ"}, {"Upsilon", u"Υ"},
    {"Vert", u"‖"}, {"Xi", u"Ξ"}, {"aleph", u"ℵ"}, {"alpha", u"α"}, {"angle", u"∠"},
    {"approx", u"≈", MathClass::spaced}, {"arccos", u"arccos", MathClass::function},
    {"arcsin", u"arcsin", MathClass::function}, {"arctan", u"arctan", MathClass::function},
    {"arg", u"arg", MathClass::function}, {"argmax", u"argmax", MathClass::function},
    {"argmin", u"argmin", MathClass::function}, {"ast", u"∗", MathClass::spaced}, {"backslash", u"\\"},
    {"because", u"∵"}, {"beta", u"β"}, {"bigcap", u"⋂"}, {"bigcup", u"⋃"}, {"bigoplus", u"⨁"},
    {"bigotimes", u"⨂"}, {"bot", u"⊥"}, {"bullet", u"•"}, {"cap", u"∩", MathClass::spaced},
    {"cdot", u"⋅", MathClass::spaced}, {"cdots", u"⋯"}, {"checkmark", u"✓"}, {"chi", u"χ"}, {"circ", u"∘"},
    {"coloneqq", u"≔", MathClass::spaced}, {"cong", u"≅", MathClass::spaced}, {"coprod", u"∐"},
    {"cos", u"cos", MathClass::function}, {"cosh", u"cosh", MathClass::function},
    {"cot", u"cot", MathClass::function}, {"coth", u"coth", MathClass::function},
    {"csc", u"csc", MathClass::function}, {"cup", u"∪", MathClass::spaced}, {"dagger", u"†"},
    {"ddots", u"⋱"}, {"deg", u"deg", MathClass::function}, {"degree", u"°"}, {"delta", u"δ"},
    {"det", u"det", MathClass::function}, {"dim", u"dim", MathClass::function},
    {"div", u"÷", MathClass::spaced}, {"dots", u"…"}, {"downarrow", u"↓", MathClass::spaced}, {"ell", u"ℓ"},
    {"emptyset", u"∅"}, {"epsilon", u"ϵ"}, {"equiv", u"≡", MathClass::spaced}, {"eta", u"η"},
    {"exists", u"∃"}, {"exp", u"exp", MathClass::function}, {"forall", u"∀"}, {"gamma", u"γ"},
    {"gcd", u"gcd", MathClass::function}, {"ge", u"≥", MathClass::spaced}, {"geq", u"≥", MathClass::spaced},
    {"gets", u"←", MathClass::spaced}, {"gg", u"≫", MathClass::spaced}, {"gtrsim", u"≳", MathClass::spaced},
    {"hbar", u"ℏ"}, {"hom", u"hom", MathClass::function}, {"hookrightarrow", u"↪", MathClass::spaced},
    {"iff", u"⟺", MathClass::spaced}, {"iiint", u"∭"}, {"iint", u"∬"}, {"imath", u"ı"},
    {"implies", u"⟹", MathClass::spaced}, {"in", u"∈", MathClass::spaced},
    {"inf", u"inf", MathClass::function}, {"infty", u"∞"}, {"int", u"∫"}, {"iota", u"ι"}, {"jmath", u"ȷ"},
    {"kappa", u"κ"}, {"ker", u"ker", MathClass::function}, {"lVert", u"‖"}, {"lambda", u"λ"},
    {"land", u"∧", MathClass::spaced}, {"langle", u"⟨"}, {"lbrace", u"{"}, {"lceil", u"⌈"}, {"ldots", u"…"},
    {"le", u"≤", MathClass::spaced}, {"leftarrow", u"←", MathClass::spaced},
    {"leftrightarrow", u"↔", MathClass::spaced}, {"leq", u"≤", MathClass::spaced},
    {"lesssim", u"≲", MathClass::spaced}, {"lfloor", u"⌊"}, {"lg", u"lg", MathClass::function},
    {"lim", u"lim", MathClass::function}, {"liminf", u"lim inf", MathClass::function},
    {"limsup", u"lim sup", MathClass::function}, {"ll", u"≪", MathClass::spaced},
    {"ln", u"ln", MathClass::function}, {"lnot", u"¬"}, {"log", u"log", MathClass::function},
    {"longleftarrow", u"⟵", MathClass::spaced}, {"longrightarrow", u"⟶", MathClass::spaced},
    {"lor", u"∨", MathClass::spaced}, {"lvert", u"|"}, {"mapsto", u"↦", MathClass::spaced},
    {"max", u"max", MathClass::function}, {"mid", u"∣", MathClass::spaced},
    {"min", u"min", MathClass::function}, {"models", u"⊨", MathClass::spaced},
    {"mp", u"∓", MathClass::spaced}, {"mu", u"μ"}, {"nabla", u"∇"}, {"ne", u"≠", MathClass::spaced},
    {"neg", u"¬"}, {"neq", u"≠", MathClass::spaced}, {"nexists", u"∄"}, {"ni", u"∋", MathClass::spaced},
    {"notin", u"∉", MathClass::spaced}, {"nu", u"ν"}, {"odot", u"⊙", MathClass::spaced}, {"oint", u"∮"},
    {"omega", u"ω"}, {"oplus", u"⊕", MathClass::spaced}, {"otimes", u"⊗", MathClass::spaced},
    {"parallel", u"∥", MathClass::spaced}, {"partial", u"∂"}, {"perp", u"⊥", MathClass::spaced},
    {"phi", u"ϕ"}, {"pi", u"π"}, {"pm", u"±", MathClass::spaced}, {"prec", u"≺", MathClass::spaced},
    {"prime", u"′"}, {"prod", u"∏"}, {"propto", u"∝", MathClass::spaced}, {"psi", u"ψ"}, {"rVert", u"‖"},
    {"rangle", u"⟩"}, {"rbrace", u"}"}, {"rceil", u"⌉"}, {"rfloor", u"⌋"}, {"rho", u"ρ"},
    {"rightarrow", u"→", MathClass::spaced}, {"rightharpoonup", u"⇀", MathClass::spaced},
    {"rightleftharpoons", u"⇌", MathClass::spaced}, {"rvert", u"|"}, {"sec", u"sec", MathClass::function},
    {"setminus", u"∖", MathClass::spaced}, {"sigma", u"σ"}, {"sim", u"∼", MathClass::spaced},
    {"simeq", u"≃", MathClass::spaced}, {"sin", u"sin", MathClass::function},
    {"sinh", u"sinh", MathClass::function}, {"square", u"□"}, {"star", u"⋆"},
    {"subset", u"⊂", MathClass::spaced}, {"subseteq", u"⊆", MathClass::spaced},
    {"succ", u"≻", MathClass::spaced}, {"sum", u"∑"}, {"sup", u"sup", MathClass::function},
    {"supset", u"⊃", MathClass::spaced}, {"supseteq", u"⊇", MathClass::spaced}, {"surd", u"√"},
    {"tan", u"tan", MathClass::function}, {"tanh", u"tanh", MathClass::function}, {"tau", u"τ"},
    {"therefore", u"∴"}, {"theta", u"θ"}, {"times", u"×", MathClass::spaced},
    {"to", u"→", MathClass::spaced}, {"top", u"⊤"}, {"triangle", u"△"},
    {"triangleq", u"≜", MathClass::spaced}, {"uparrow", u"↑", MathClass::spaced}, {"upsilon", u"υ"},
    {"varepsilon", u"ε"}, {"varnothing", u"∅"}, {"varphi", u"φ"}, {"varpi", u"ϖ"}, {"varrho", u"ϱ"},
    {"varsigma", u"ς"}, {"vartheta", u"ϑ"}, {"vdash", u"⊢", MathClass::spaced}, {"vdots", u"⋮"},
    {"vee", u"∨", MathClass::spaced}, {"vert", u"|"}, {"wedge", u"∧", MathClass::spaced}, {"xi", u"ξ"},
    {"zeta", u"ζ"},
};

}  // namespace

const MathSymbol* mathSymbol(QStringView name) {
  const auto* found = std::lower_bound(std::begin(kSymbols), std::end(kSymbols), name,
                                       [](const MathSymbol& symbol, QStringView wanted) {
                                         return QLatin1String(symbol.name).compare(wanted) < 0;
                                       });
  return found != std::end(kSymbols) && name == QLatin1String(found->name) ? found : nullptr;
}

const MathSymbol* mathSymbolsBegin() { return std::begin(kSymbols); }
const MathSymbol* mathSymbolsEnd() { return std::end(kSymbols); }

}  // namespace cutaway
