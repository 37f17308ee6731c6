// ── Numbers that are computed here ───────────────────────────────────────────────────────────────
// The compiler wrote `programs` from the operations and rules of the engine: `frame` computes all
// numbers of the graph of a sample, `outputs` what the model says of a sample and then its loss,
// `step` the mean loss of samples and its gradients.

class Computation {
  constructor({ live }, programs) {
    this.frames = 1;
    this.live = live;
    this.told = [];                                     // the places of all data and gradients
    this.fixed = live.columns.filter(({ fixed }) => fixed).map(({ path }) => path);
    this.keys = live.keys.map((kind) => JSON.stringify(kind));
    this.programs = programs;
    this.lr = live.lr;
    this.oneByOne = false;
    this.reset();
  }

  reset() {
    this.leaves = this.live.leaves.map((leaf) => leaf.data);
    this.samples = structuredClone(this.live.samples);
    this.next = this.steps = 0;
    const losses = this.samples.map((sample) => this.loss(sample));
    this.shown = Math.max(0, losses.indexOf(Math.max(...losses)));     // there is most to see
    this.forget();
  }

  /** Training begins anew: its curve, and the places where one puts knobs back to. */
  forget() {
    this.curve = [];
    this.each = [];                                     // the losses of each sample, if few
    this.high = 0;                                      // the largest of them all
    this.steps = 0;
    this.settle();
    this.note();
  }

  /** Other random numbers for what is trained; what began at 0, as biases do, is 0 again. */
  restart(random = Math.random) {
    for (const k of this.live.trained) {
      this.leaves[k] = this.live.leaves[k].data === 0 ? 0 : 2 * random() - 1;
    }
    this.next = 0;
    this.forget();
  }

  // The knobs. One of a sample has a path in it, one of a leaf the number of the leaf.

  get sample() { return this.samples[this.shown]; }
  get hasNaN() { return this.told.some((place) => Number.isNaN(this.numbers[place])); }
  number(place) { return this.numbers[place]; }

  get(knob) {
    return knob.path ? at(this.sample, knob.path) : this.leaves[knob.leaf];
  }

  set(knob, x) {
    if (knob.path) put(this.sample, knob.path, x);
    else this.leaves[knob.leaf] = x;
    this.refresh();
  }

  /** The number that a knob is put back to: what it was when nobody had turned any knob yet. */
  home(knob) {
    return knob.path ? at(this.settled.samples[this.shown] ?? this.sample, knob.path)
      : this.settled.leaves[knob.leaf];
  }

  settle() {
    this.settled = { leaves: [...this.leaves], samples: structuredClone(this.samples) };
    this.refresh();
  }

  /** Tell the numbers of this graph. */
  use({ values, turns }) {
    this.told = [...values.map((value) => value.data),
                 ...turns.flatMap((turn) => turn.rows.map((row) => row.sum))];
    this.refresh();
  }

  /** What the programs say now. */
  refresh() {
    const { result, fault } = this.programs.frame[this.key](this.sample, this.leaves);
    this.numbers = result;
    // What Python would have raised; but not for a mistake that somebody might make in `predict`.
    this.fault = this.hasNaN ? fault : null;
  }

  outputs(sample) { return this.programs.outputs[this.keyOf(sample)](sample, this.leaves).result; }

  // Samples whose strings and indices differ have graphs and programs of their own.

  get key() { return this.keyOf(this.sample); }

  keyOf(sample) {
    if (this.keys.length === 1) return 0;
    const kind = JSON.stringify(this.fixed.map((path) => at(sample, path)));
    return this.keys.indexOf(kind);
  }
  loss(sample = this.sample) { return this.outputs(sample).at(-1); }
  mean() {
    return this.samples.reduce((sum, sample) => sum + this.loss(sample), 0) / this.samples.length;
  }

  /** The loss of the sample that is shown, if a knob stood elsewhere. */
  lossAt(knob, xs) {
    const before = this.get(knob), write = (x) => {
      if (knob.path) put(this.sample, knob.path, x);
      else this.leaves[knob.leaf] = x;
    };
    const losses = xs.map((x) => { write(x); return this.loss(); });
    write(before);
    return losses;
  }

  // Training: gradient descent, as `optim.SGD` does it.

  /** One step. Returns a sentence if it cannot be made; then nothing has changed. */
  train() {
    const k = this.next % this.samples.length;
    const { mean, gradients } = this.slope(this.oneByOne ? [this.samples[k]] : this.samples);
    this.note(this.oneByOne ? undefined : mean);        // as it is before the step
    const { trained, leaves } = this.live, moved = [...this.leaves];
    for (const [j, g] of gradients.entries()) {
      moved[trained[j]] -= this.lr * g;
      if (!Number.isFinite(moved[trained[j]])) {
        return `The gradient of parameter ${leaves[trained[j]].name} is ${full(g)}: no parameter ` +
          `was changed (training diverged? try a smaller learning rate than ${this.lr}).`;
      }
    }
    this.leaves = moved;
    if (this.oneByOne) {
      this.shown = k;
      this.next = k + 1;
    }
    this.steps += 1;
    return "";
  }

  /** The mean loss of samples and its gradients. */
  slope(batch) {
    if (this.keys.length === 1) return this.programs.step[0](batch, this.leaves);
    const parts = this.keys.map((_, key) => batch.filter((sample) => this.keyOf(sample) === key))
      .map((samples, key) => ({ samples, key })).filter(({ samples }) => samples.length)
      .map(({ samples, key }) => ({ share: samples.length / batch.length,
                                    ...this.programs.step[key](samples, this.leaves) }));
    const total = (number) => parts.reduce((sum, part) => sum + part.share * number(part), 0);
    return { mean: total(({ mean }) => mean),
             gradients: this.live.trained.map((_, j) => total((part) => part.gradients[j])) };
  }

  /** A point of the curves for each number of steps: a step computes the mean it starts from, and
   *  the one of now is computed when it is drawn. */
  note(mean = undefined) {
    if (this.curve.length > this.steps) return;
    const few = this.samples.length > 8 ? [] : this.samples.map((sample) => this.loss(sample));
    this.curve.push(mean ?? this.mean());
    if (few.length) this.each.push(few);
    this.high = Math.max(this.high, ...[this.curve.at(-1), ...few].filter(Number.isFinite));
  }

  // The data.

  show(k) {
    this.shown = Math.max(0, Math.min(this.samples.length - 1, k));
    this.refresh();
  }

  change(k, path, x) {
    put(this.samples[k], path, x);
    this.samplesChanged();
  }

  add(sample) {
    this.samples.push(sample);
    this.shown = this.samples.length - 1;
    this.samplesChanged();
  }

  remove(k) {
    if (this.samples.length === 1) return;
    this.samples.splice(k, 1);
    if (this.shown >= k && this.shown > 0) this.shown -= 1;
    this.samplesChanged();
  }

  samplesChanged() {
    this.settled.samples = structuredClone(this.samples);
    if (this.each.some((losses) => losses.length !== this.samples.length)) this.each = [];
    this.refresh();
  }
}

const at = (sample, path) => path.reduce((x, i) => x[i], sample);
function put(sample, path, x) {
  at(sample, path.slice(0, -1))[path.at(-1)] = x;
}
