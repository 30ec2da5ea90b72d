// Token ids by llama.cpp (npm node-llama-cpp), special tokens parsed and not, without BOS.
//   python3 texts.py | PEER_DIR=.. node make_peer_ids.mjs MODEL.gguf [MODEL.gguf ...]
// PEER_DIR is where the package is installed. The models are demo-f16.gguf of resources/demo-model and stories260K-f32.gguf, which
// is not part of this repository. Writes llama.cpp.json.
import {createRequire} from "node:module";
import fs from "node:fs";
import path from "node:path";
const req = createRequire(path.join(process.env.PEER_DIR ?? ".", "x.js"));
const {getLlama} = await import(req.resolve("node-llama-cpp"));
const texts = JSON.parse(fs.readFileSync(0, "utf8"));
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const result = {release: llama.llamaCppRelease?.release, models: {}};
for (const modelPath of process.argv.slice(2)) {
  const model = await llama.loadModel({modelPath, vocabOnly: true});
  result.models[path.basename(modelPath)] = texts.map(text => ({text, special: [...model.tokenize(text, true)], plain: [...model.tokenize(text, false)]}));
  await model.dispose();
}
fs.writeFileSync(new URL("llama.cpp.json", import.meta.url), JSON.stringify(result));
process.exit(0);
