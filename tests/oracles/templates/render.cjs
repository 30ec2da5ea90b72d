// Cases {template, data} from standard input; what @huggingface/jinja makes of them, or null, to standard output.
// The clock stands at 2025-07-10T12:00:00.
const fixed = new Date(2025, 6, 10, 12, 0, 0);
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length > 0 ? given : [fixed]));
  }
};
const { Template } = require("@huggingface/jinja");
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
const render = ({ template, data }) => {
  try {
    return new Template(template).render(data);
  } catch {
    return null;
  }
};
process.stdout.write(JSON.stringify(cases.map(render)));
