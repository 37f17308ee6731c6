// ── What is known at which step ──────────────────────────────────────────────────────────────────
// The model is the computation and the point in it that one looks at: the frame and the step. It
// draws nothing and knows of no document. Steps are 0, the leaves alone; one for each turn, an
// operation or a closed box; the seed; and one for each turn again, backward.

class Model {
  constructor(graph, source) {
    this.graph = graph;
    this.source = source;
    this.frame = this.step = 0;
    this.turns = graph.turns;
    this.arrows = graph.arrows;
    this.seedStep = this.turns.length + 1;
    this.lastStep = 2 * this.turns.length + 1;
    this.values = new Map();                            // by their numbers in the graph
    for (const value of graph.values) {
      // `known` is the step in which its number appears, `receipts` what arrives at its gradient.
      this.values.set(value.i, { ...value, known: 0, receipts: [] });
    }
    this.root = [...this.values.values()].find((value) => value.role === "output");
    this.arrowsOf = this.turns.map(() => []);           // of each turn
    this.flows = this.arrows.map(() => []);             // what comes back along each, and when
    this.arrows.forEach(({ turns }, k) => turns.forEach((turn) => this.arrowsOf[turn].push(k)));
    this.turns.forEach((turn, k) => {
      for (const i of turn.made) Object.assign(this.values.get(i), { known: k + 1, turn: k });
    });
    for (let k = this.turns.length - 1; k >= 0; k--) {
      for (const row of this.turns[k].rows) {
        const { receipts } = this.values.get(row.x), step = this.backwardStep(k);
        receipts.push({ step, row, turn: this.turns[k] });
        row.nth = receipts.length;
        this.flows[row.arrow].push({ step, row });
      }
    }
    this.largests = [];
    this.hidden = new Set();                            // rows that one is asked to predict
  }

  backwardStep(turn) { return this.lastStep - turn; }

  /** The index of the turn at a step; -1 where there is none. */
  turnAt(step) {
    if (step === 0 || step === this.seedStep) return -1;
    return step < this.seedStep ? step - 1 : this.lastStep - step;
  }

  get turn() { return this.turns[this.turnAt(this.step)]; }
  get isBackward() { return this.step > this.seedStep; }

  /** The number at a place of the frame, whether it is known yet or not. */
  number(place, frame = this.frame) { return this.source.number(place, frame); }

  isKnown(value) { return value.known <= this.step; }
  data(value) { return this.isKnown(value) ? this.number(value.data) : undefined; }

  /** The gradient of a value at a step: undefined before a rule has added to it. */
  gradient(value, step = this.step, frame = this.frame) {
    if (step < this.seedStep || value.role === "constant") return undefined;
    let sum = value === this.root ? 1 : undefined;
    for (const receipt of value.receipts) {
      if (receipt.step > step || this.hidden.has(receipt.row)) break;
      sum = this.number(receipt.row.sum, frame);
    }
    return sum;
  }

  /** How many of the additions to its gradient have been made. */
  received(value) {
    return value.receipts.filter(({ step, row }) => step <= this.step && !this.hidden.has(row))
      .length;
  }

  /** The gradient of a value before a row adds to it. */
  before(row) {
    const { receipts } = this.values.get(row.x);
    return row.nth > 1 ? this.number(receipts[row.nth - 2].row.sum) : 0;
  }

  /** What has come back along an arrow. */
  flowsAlong(k, step = this.step, frame = this.frame) {
    const { to } = this.arrows[k];
    if (to) {
      const value = this.values.get(Number(to.slice(1)));
      return step >= this.backwardStep(value.turn) ? [this.gradient(value, step, frame)] : [];
    }
    return this.flows[k].filter((flow) => flow.step <= step && !this.hidden.has(flow.row))
      .map((flow) => this.number(flow.row.amount, frame));
  }

  /** The largest of all that comes back along an arrow in this frame, in the end. */
  get largest() {
    return this.largests[this.frame] ??= Math.max(0, ...this.arrows
      .map((_, k) => norm(this.flowsAlong(k, this.lastStep))).filter(Number.isFinite));
  }

  /** The norm of the gradients, so far, of the parameters in a closed box that has these turns. */
  norm(turns) {
    if (this.step < this.seedStep || !turns.some((turn) => turn.norm !== null)) return undefined;
    const at = (turn) => this.backwardStep(this.turns.indexOf(turn));
    const latest = turns.find((turn) => at(turn) <= this.step);
    return latest && this.number(latest.norm);
  }

  /** The formula whose number stands at a place: its tokens, and those of its conditions. */
  formula(place) { return place === null ? undefined : this.graph.formulas[this.number(place)]; }

  /** The numbers of this frame have changed. */
  changed() { delete this.largests[this.frame]; }

  /** Go to a step and a frame; as near as there is one. */
  go(step, frame = this.frame) {
    this.step = Math.max(0, Math.min(this.lastStep, step));
    this.frame = Math.max(0, Math.min(this.source.frames - 1, frame));
  }
}

const norm = (flows) => Math.hypot(...flows.map(size));

// ── Formulas ─────────────────────────────────────────────────────────────────────────────────────
// A token is a text that stands for itself, i for the data of value i, or ~i for its gradient.

/** The tokens of a formula with numbers in it, and where there are `names`, those of all values but
 *  constants. A negative number needs brackets, unless it opens the formula or stands in brackets
 *  already; so does a fraction that has anything beside it. */
function written(tokens, names) {
  return tokens.map((token, k) => {
    if (typeof token === "string") return token;
    const value = model.values.get(token < 0 ? ~token : token);
    if (names && value.role !== "constant") return names(value, token < 0);
    // A gradient in a rule is complete, so it is the one that this step ends with.
    const text = short(token < 0 ? model.gradient(value) : model.number(value.data));
    const opens = /^$|[(|]$|, $/.test(tokens[k - 1] || "");
    const closes = /^$|^[)|,]/.test(tokens[k + 1] || "");
    const raised = /^( \*\*|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])/.test(tokens[k + 1] || "");
    const divides = (tokens[k - 1] || "").endsWith("/ ");
    const brackets = text.startsWith("−") && (raised || !opens)
      || text.includes("/") && !(opens && closes) || text.includes("×") && (raised || divides);
    return brackets ? `(${text})` : text;
  });
}

/** What a value is made of, in names. */
function formulaText(value) {
  const formula = value.turn !== undefined && model.formula(model.turns[value.turn].forward);
  return formula ? `${value.name} = ${written(formula[0], ({ name }) => name).join("")}` : "";
}
