#include "app/cli/verb.h"

namespace cutaway::cli {
namespace {

constexpr Verb kVerbs[] = {
    {"devices", "The devices that can run a model", declareDevices},
    {"info", "What a model file is: family, sizes, formats, tokenizer, memory", declareInfo},
    {"graph", "Every value of the forward pass: name, shape, op", declareGraph},
    {"tokenize", "Text to token ids", declareTokenize},
    {"template", "Render a chat template", declareTemplate},
    {"generate", "Continue a prompt, tokens or a chat", declareGenerate},
    {"chat", "Chat in the terminal", declareChat},
    {"score", "Next-token probabilities at every position of a text", declareScore},
    {"inspect", "Capture and edit values inside the run; writes a safetensors file", declareInspect},
    {"states", "Hidden states layer by layer: norms, changes, cosines, principal components", declareStates},
    {"attention", "Maps of where heads look: which token attended to which; CSV, PGM or safetensors", declareAttention},
    {"tensor", "A weight of the file: range, histogram, outliers, singular values", declareTensor},
    {"attribute", "What each head and block pushed a token's logit by", declareAttribute},
    {"next", "The next token: before and after each sampler stage, and the rank of any word", declareNext},
    {"lens", "Logit lens: what the model would say if it stopped after each layer", declareLens},
    {"heads", "What each attention head does: previous token, induction, sink and more", declareHeads},
    {"importance", "Which earlier tokens a word depended on, by several methods", declareImportance},
    {"sweep", "Edit every value at every position, or every head, and see what it does to a token", declareSweep},
    {"intervene", "An answer with edits beside the answer without", declareIntervene},
    {"why", "Why this word? One report: alternatives, lens, importance, attribution, ablations", declareWhy},
    {"neurons", "The feed-forward neurons that did most, and the words they stand for", declareNeurons},
    {"probe", "What tells two sets of examples apart: layers, neurons, a steering vector", declareProbe},
    {"bench", "Measure speed and memory", declareBench},
    {"activations", "What INT8 activations cost, and the channels that stand out", declareActivations},
    {"perplexity", "Perplexity of a text file", declarePerplexity},
    {"compare", "Two models read a text together: perplexity, KL divergence, drift layer by layer", declareCompare},
    {"table", "Many models in one table: size, speed, perplexity, KL from the first; CSV, Markdown, HTML", declareTable},
    {"drift", "Where two precisions of a model part: every layer and head on a text", declareDrift},
    {"restore", "What each tensor, layer or class of a coarse precision costs; mixes for a size", declareRestore},
    {"quantize", "Write a model in fewer bits, as a GGUF file", declareQuantize},
    {"imatrix", "Measure which columns of the weights matter, for quantize", declareImatrix},
#ifdef CUTAWAY_WITH_UI
    {"screenshots", "Draw the window and every view offscreen, with the demo model", declareScreenshots},
#endif
};

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

}  // namespace cutaway::cli
