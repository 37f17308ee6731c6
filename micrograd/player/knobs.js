// ── Knobs ────────────────────────────────────────────────────────────────────────────────────────
// Every leaf is one: drag its number sideways, use the arrow keys, or type. The gradient promises
// what that does to the loss; the curve shows how far the promise holds.

const knobs = [];
let turning = null;                                     // the knob, and what it was when taken up

/** How far one notch of a knob is: a hundredth, of large numbers more. */
const notch = (x) => 10 ** Math.floor(Math.log10(Math.max(1, Math.abs(x)))) / 100;
/** How far the knob is shown to both sides. */
const reachOf = (x) => Math.min(200 * notch(x), Number.MAX_VALUE / 8);
const tidy = (x) => Number(x.toPrecision(12));

function take(knob) {
  const x = source.get(knob), value = model.values.get(knob.i), reach = reachOf(x);
  const xs = Array.from({ length: 121 }, (_, k) => x + reach * (k / 60 - 1));
  const gradient = model.gradient(value, model.lastStep) ?? 0;
  // Enough to tell what one notch does.
  const first = Math.floor(Math.log10(Math.abs(gradient) * notch(x)));
  const decimals = Number.isFinite(first) ? Math.max(4, Math.min(9, 1 - first)) : 4;
  turning = { knob, value, x, reach, loss: source.loss(), xs, losses: source.lossAt(knob, xs),
              gradient, decimals, tells: false };
  drawPromise();
  rest();
}

/** After the last step the panel tells of the knob, until somebody steps again. */
function rest() {
  const rests = model.step === model.lastStep && turning !== null && !predict?.checked;
  if (rests === model.isResting) { if (rests) showPanel(); return; }
  model.isResting = rests;
  updateGraph();
  showPanel();
}

function turn(knob, x) {
  if (!Number.isFinite(x)) return;
  if (turning?.knob !== knob) take(knob);
  stopTraining();
  source.set(knob, x);
  turning.tells = true;
  if (Math.abs(x - turning.x) > turning.reach) {        // beyond what is drawn: draw more of it
    const { x: from, loss, gradient, decimals } = turning, reach = 1.5 * Math.abs(x - from);
    take(knob);
    if (!Number.isFinite(2 * reach)) { changed(); return; }      // too far to tell
    Object.assign(turning, { x: from, loss, gradient, decimals, reach, tells: true });
    turning.xs = turning.xs.map((_, k) => from + turning.reach * (k / 60 - 1));
    turning.losses = source.lossAt(knob, turning.xs);
    drawPromise();
  }
  changed();
}

function putBack(knob) {
  stopTraining();
  turn(knob, source.home(knob));
}

function knobKeys(event, knob) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const x = source.get(knob), to = (x) => () => turn(knob, tidy(x)), step = notch(x);
  const acts = {
    ArrowRight: to(x + step), ArrowUp: to(x + step), ArrowLeft: to(x - step),
    ArrowDown: to(x - step), PageUp: to(x + 10 * step), PageDown: to(x - 10 * step),
    Home: to(turning.x - turning.reach), End: to(turning.x + turning.reach),
    Backspace: () => putBack(knob), Delete: () => putBack(knob), Enter: () => type(""),
  };
  const act = acts[event.key] ?? (/^[-−.\d]$/.test(event.key) && (() => type(event.key)));
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

/** Go to the field of the knob's number, and begin to type there. */
function type(text) {
  const field = byId("knob-number");
  field.focus();
  if (text) field.value = text.replace("−", "-");
  else field.select();
}

/** The knobs of a graph. One of them is taken: that of the `leaf` that was, if it is there. */
function takeKnobs(leaf) {
  knobs.length = 0;
  for (const knob of graph.knobs) {
    const value = model.values.get(knob.i), node = value && nodes.get(value.id);
    if (!node) continue;                                // inside of a closed box
    knobs.push(knob);
    node.knob = knob;
    knob.node = node;
    const { element } = node;
    for (const [name, text] of [["role", "slider"], ["tabindex", 0]]) {
      element.setAttribute(name, text);
    }
    element.addEventListener("focus", () => { if (turning?.knob !== knob) take(knob); });
    element.addEventListener("keydown", (event) => knobKeys(event, knob));
    element.addEventListener("dblclick", () => putBack(knob));
    drag(element, () => { take(knob); return source.get(knob); },
      (x0, dx) => turn(knob, tidy(x0 + Math.round(dx) * notch(x0))));
  }
  byId("knob").hidden = !knobs.length;
  const same = (knob) => leaf && String(knob.path ?? knob.leaf) === String(leaf.path ?? leaf.leaf);
  const isParameter = (knob) => model.values.get(knob.i).role === "parameter";
  const first = knobs.find(same) ?? knobs.find(isParameter) ?? knobs[0];
  turning = null;
  if (first) take(first);                               // so that nothing moves when one is taken
}

function makeKnobs() {
  takeKnobs();
  const field = byId("knob-number"), slider = byId("knob-slider");
  const rewrite = () => { field.value = source.get(turning.knob); };
  numberField(field, (x) => turn(turning.knob, x), rewrite);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { rewrite(); turning.knob.node.element.focus(); }
  });
  slider.addEventListener("pointerdown", () => take(turning.knob));
  slider.addEventListener("input", () => turn(turning.knob, tidy(Number(slider.value))));
  slider.addEventListener("dblclick", () => putBack(turning.knob));
  byId("knob-back").addEventListener("click", () => putBack(turning.knob));
  makeLens();
}

/** Call `move` with what `begin` returned and how far the pointer was dragged since. */
function drag(element, begin, move) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    element.setPointerCapture(event.pointerId);
    const from = event.clientX, start = begin();
    const moved = (event) => move(start, event.clientX - from, event);
    const done = () => {
      element.removeEventListener("pointermove", moved);
      element.removeEventListener("pointerup", done);
      element.removeEventListener("pointercancel", done);
    };
    element.addEventListener("pointermove", moved);
    element.addEventListener("pointerup", done);
    element.addEventListener("pointercancel", done);
  });
}

// ── The gradient's promise ───────────────────────────────────────────────────────────────────────

const PLOT = { left: 4, right: 296, top: 6, bottom: 132 };
let plotted;

/** The loss over this knob, all else as it is, and the tangent that the gradient is. */
function drawPromise() {
  const { x, reach, xs, losses, gradient, loss } = turning, { left, right, top, bottom } = PLOT;
  const finite = [...losses, loss].filter(Number.isFinite).sort((a, b) => a - b);
  // A parabola seen whole is a valley with walls: of the walls, the lower part.
  let low = finite[0] ?? 0, high = finite[Math.floor(0.75 * finite.length)] ?? 1;
  high = Math.max(high, (loss || 0) + 0.3 * Math.abs((loss || 0) - low));
  if (!(high - low > 1e-9 * Math.abs(high))) [low, high] = [low - 0.5, high + 0.5];
  const margin = 0.08 * (high - low);
  [low, high] = [low - margin, high + margin];
  const px = (at) => within(left + (right - left) * ((at - x) / reach + 1) / 2);
  const py = (at) => within(bottom - (bottom - top) * (at - low) / (high - low));
  let path = "", pen = "M";
  losses.forEach((loss, k) => {
    if (!Number.isFinite(loss)) { pen = "M"; return; }
    path += `${pen}${px(xs[k]).toFixed(1)} ${py(loss).toFixed(1)}`;
    pen = "L";
  });
  const tangent = (at) => loss + gradient * (at - x);
  const line = (looks, x1, y1, x2, y2) => make("line", { class: looks, x1, y1, x2, y2 });
  const plot = byId("promise-plot");
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  plotted = {
    px, py, tangent, rise: make("polygon", { class: "rise" }), gap: line("gap", 0, 0, 0, 0),
    slope: line("tangent", px(x - reach), py(tangent(x - reach)), px(x + reach),
      py(tangent(x + reach))),
    promised: make("circle", { class: "promised", r: 4 }),
    now: make("circle", { class: "now", r: 5 }),
  };
  plot.replaceChildren(
    make("clipPath", { id: "plot-clip" }, make("rect", box)),
    make("rect", { class: "ground", ...box }),
    line("from", px(x), top, px(x), bottom),
    make("g", { "clip-path": "url(#plot-clip)" }, plotted.rise, plotted.slope,
      make("path", { d: path }), plotted.gap, plotted.promised, plotted.now),
    make("text", { x: left + 5, y: top + 13 }, model.root.name),
    make("text", { x: left, y: 146 }, steady(x - reach)),
    make("text", { x: right, y: 146, class: "end" }, steady(x + reach)),
    make("text", { x: px(x), y: 146, class: "middle" }, steady(x)));
  showKnob();
}

function showKnob() {
  if (!turning) return;
  const { knob, value, x, loss, gradient, reach, decimals } = turning, now = source.get(knob);
  const by = now - x, lossNow = source.loss(), promised = gradient * by;
  byId("knob-name").replaceChildren(named(value));
  const field = byId("knob-number"), slider = byId("knob-slider");
  if (document.activeElement !== field || field.dataset.shown !== String(now)) {
    field.value = field.dataset.shown = String(now);
  }
  for (const element of [field, slider]) element.setAttribute("aria-label", value.name);
  setAttribute(slider, "min", x - reach);
  setAttribute(slider, "max", x + reach);
  setAttribute(slider, "step", notch(x));
  slider.value = now;
  slider.setAttribute("aria-valuetext", full(now));
  setText(byId("promise-at"), steady(x));
  // Whoever predicts the gradient is not told it here.
  const hides = predict?.checked && model.received(value) < value.receipts.length;
  const told = [gradient, by, promised, lossNow - loss];
  const [inPanel, inLens] = ["promise", "lens"].map((id) => byId(id).querySelectorAll("dd"));
  for (const [k, x] of told.entries()) {
    for (const place of [inPanel[k], inLens[k - 1]]) {
      if (!place) continue;
      setText(place, hides && k % 2 === 0 ? "?" : signed(x, decimals));
      setClass(place, k === 1 || hides ? "" : sign(x));
    }
  }
  turning.isTold = turning.tells && by !== 0 && !hides;
  showLens();
  // The triangle is turned by, times the slope; the gap is what the promise did not keep.
  const { px, py, tangent } = plotted, [x0, cx] = [px(x), px(now)];
  const [from, y0, y1] = [py(loss), py(tangent(now)), py(lossNow)];
  for (const [circle, cy] of [[plotted.promised, y0], [plotted.now, y1]]) {
    circle.setAttribute("cx", cx);
    circle.setAttribute("cy", cy);
  }
  for (const [name, at] of [["x1", cx], ["x2", cx], ["y1", y0], ["y2", y1]]) {
    plotted.gap.setAttribute(name, at);
  }
  plotted.rise.setAttribute("points", `${x0},${from} ${cx},${from} ${cx},${y0}`);
  const gap = by && Number.isFinite(lossNow);
  for (const [part, isSeen] of Object.entries({ slope: true, rise: by, gap, promised: by })) {
    plotted[part].setAttribute("visibility", isSeen && !hides ? "visible" : "hidden");
  }
}

/** While a knob turns, what was promised and what came of it stands near its box, where it covers
 *  least of the other boxes. */
function showLens() {
  const lens = byId("lens");
  lens.hidden = !turning?.isTold;
  if (lens.hidden) return;
  const [main, room, graph] = [lens.parentElement, view, svg].map((x) => x.getBoundingClientRect());
  const { width, height } = lens.getBoundingClientRect();
  const onScreen = ({ box: [x, y, w, h] }) => [graph.left + (x + PAD) * zoom,
    graph.top + (y + PAD) * zoom, w * zoom, h * zoom];
  const { node } = turning.knob, [x, y, w, h] = onScreen(node);
  const isSeen = x < room.right && x + w > room.left && y < room.bottom && y + h > room.top;
  lens.style.visibility = isSeen ? "visible" : "hidden";
  const [middle, centre] = [x + (w - width) / 2, y + (h - height) / 2];
  const others = [...nodes.values()].map((other) => [...onScreen(other), other === node ? 99 : 1]);
  const places = [[middle, y - height - 6], [x + w + 6, centre], [x - width - 6, centre]];
  const isFinger = matchMedia("(pointer: coarse)").matches;     // which covers what is below
  if (!isFinger) places.push([middle, y + h + 6]);
  let best, least = Infinity;
  for (const [u, v] of places) {
    const left = Math.max(room.left + 4, Math.min(room.right - width - 4, u));
    const top = Math.max(room.top + 4, Math.min(room.bottom - height - 4, v));
    const covered = others.reduce((sum, [x, y, w, h, weight]) => sum + weight
      * Math.max(0, Math.min(left + width, x + w) - Math.max(left, x))
      * Math.max(0, Math.min(top + height, y + h) - Math.max(top, y)), 0);
    if (covered < least) [best, least] = [[left, top], covered];
  }
  lens.style.left = `${best[0] - main.left}px`;
  lens.style.top = `${best[1] - main.top}px`;
}

function makeLens() {
  const leave = ({ target }) => {
    if (!turning || target.closest("#knob") || target.closest(".node")?.id === turning.value.id) {
      return;
    }
    turning.isTold = turning.tells = false;
    showLens();
  };
  document.addEventListener("pointerdown", leave, true);
  document.addEventListener("focusin", leave);
  view.addEventListener("scroll", showLens);
}

/** What a screen reader, a test and a teacher's script read from a knob. */
function tellKnobs() {
  for (const knob of knobs) {
    const { node: { element } } = knob, value = model.values.get(knob.i), x = source.get(knob);
    // The range of one that is turned stays, for the Home and End keys go to its ends.
    const { x: from, reach } = turning?.knob === knob ? turning : { x, reach: reachOf(x) };
    setAttribute(element, "aria-label", value.name);
    setAttribute(element, "aria-valuenow", x);
    setAttribute(element, "aria-valuemin", tidy(from - reach));
    setAttribute(element, "aria-valuemax", tidy(from + reach));
    setAttribute(element, "aria-valuetext",
      `${full(x)}, ${value.role}, gradient ${full(model.gradient(value))}`);
  }
}

function showLive() {
  if (source.hasNaN === !byId("legend").querySelector(".nan")) legend();
  tellKnobs();
  showKnob();
  showLearning();
  showData();
  showPlane();
}
