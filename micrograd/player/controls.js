// ── From step to step ────────────────────────────────────────────────────────────────────────────

let first = true;

/** Go to a step and a frame, and show it. */
function show(step, frame = model.frame) {
  const from = [model.step, model.frame];
  model.go(step, frame);
  const all = first || model.frame !== from[1], moves = first || model.step !== from[0];
  if (isAlive) {
    hideRows();
    if (turning) turning.tells = false;
  }
  model.isResting = false;
  first = false;
  updateGraph(all ? undefined : from[0]);
  showPanel();
  showDetails();
  if (isFilm) showTraining();
  if (isAlive) showLive();
  for (const transport of transports) transport.update();
  if (moves) follow(all);                               // which asks where one has scrolled to
  announce();
  address();
}

/** The graph in which boxes are open to a depth; undefined if there is none. */
function byDepth(depth) {
  const k = page.graphs.findIndex((g) => g.depth === depth && g.key === graph.key);
  return k < 0 ? undefined : k;
}

/** The graph of another kind of sample, with as many boxes open. */
function sameDepth(key) {
  const ofKey = (g) => g.key === key, { depth } = graph ?? page.graphs[page.open];
  const k = page.graphs.findIndex((g) => ofKey(g) && g.depth === depth);
  return k < 0 ? page.graphs.findIndex(ofKey) : k;
}

/** Take another graph, and stay where one is in the computation. */
function openGraph(k) {
  const before = model, frame = model?.frame ?? 0, leaf = isAlive && turning?.knob;
  graph = page.graphs[k];
  model = new Model(graph, source);
  drawGraph();
  legend();
  if (!before) return;
  if (isAlive) {
    source.use(graph);
    takeKnobs(leaf);
  }
  fitted = fitted && legible;
  arrange();
  first = true;                                         // draw all of it
  show(sameStep(before), frame);
  if (isAlive && before.step === before.lastStep) rest();
}

/** The step at which what another graph has done so far has been done. */
function sameStep({ turn, turns, step, seedStep, lastStep, isBackward }) {
  if (step === lastStep) return model.lastStep;
  if (!turn) return step === seedStep ? model.seedStep : 0;
  const i = turn.made.at(-1), k = model.turns.findIndex(({ made }) => made.at(-1) >= i);
  return isBackward ? model.backwardStep(k) : k + 1;
}

/** The numbers have changed, where one is in the steps has not. */
function changed() {
  if (isAlive && source.key !== graph.key) {            // another kind of sample is shown
    openGraph(sameDepth(source.key));
    return;
  }
  model.changed();
  updateGraph();
  showPanel();
  showDetails();
  showLive();
}

let toWrite;
function address() {
  clearTimeout(toWrite);
  if (playing) return;
  toWrite = setTimeout(() => {
    const hash = `#step=${model.step}${isFilm ? `&frame=${model.frame}` : ""}`;
    // A page within a notebook has no address of its own.
    try { if (location.hash !== hash) history.replaceState(null, "", hash); } catch { }
  }, 60);
}

/** Go where the address says: the one that it changed to, for meanwhile the step that was may have
 *  been written there. */
function fromAddress({ newURL = location.href } = {}) {
  const asked = (name) => new RegExp(`[#&]${name}=(\\d+)`).exec(new URL(newURL).hash)?.[1];
  // A recording of one computation begins at its beginning, all else with all there is to see.
  const here = first && page.kind !== "recording" ? model.lastStep : model.step;
  show(Number(asked("step") ?? here), Number(asked("frame") ?? model.frame));
}

// ── Controls ─────────────────────────────────────────────────────────────────────────────────────

const ICONS = {
  first: "M2 2h2v12H2zM14 2v12L5 8z", previous: "M12 2v12L3 8z", play: "M3 1l11 7-11 7z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z", next: "M4 2v12l9-6z", last: "M12 2h2v12h-2zM2 2v12l9-6z",
};
const transports = [];
let playing = null;

/** Buttons, a slider and a speed for one of the two things that can be played. */
function transport(what, last, now, go, telling, speeds, speed) {
  const icon = (name) => make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" },
    make("path", { d: ICONS[name] }));
  const button = (name, label, act) => {
    const names = { class: name, "aria-label": label, title: label };
    const element = make("button", { type: "button", ...names }, icon(name));
    element.addEventListener("click", act);
    return element;
  };
  let timer;
  const self = { stop, toggle, go: (to) => { if (playing) playing.stop(); go(to); }, now, last };
  function stop() {
    clearTimeout(timer);
    if (playing !== self) return;
    playing = null;
    buttons.play.replaceChildren(icon("play"));
    buttons.play.setAttribute("aria-label", `Play ${what}`);
    announce();
    address();
  }
  function toggle() {
    if (playing === self) { stop(); return; }
    if (playing) playing.stop();
    playing = self;
    buttons.play.replaceChildren(icon("pause"));
    buttons.play.setAttribute("aria-label", `Pause ${what}`);
    if (now() === last()) go(0);
    timer = setTimeout(tick, 1000 / select.value);
  }
  function tick() {
    const began = performance.now();
    go(now() + 1);
    if (now() === last()) { stop(); return; }
    timer = setTimeout(tick, Math.max(0, 1000 / select.value - (performance.now() - began)));
  }
  const buttons = {
    first: button("first", `First ${what}`, () => self.go(0)),
    previous: button("previous", `Previous ${what}`, () => self.go(now() - 1)),
    play: button("play", `Play ${what}`, toggle),
    next: button("next", `Next ${what}`, () => self.go(now() + 1)),
    last: button("last", `Last ${what}`, () => self.go(last())),
  };
  const id = what.replace(" ", "-"), title = what[0].toUpperCase() + what.slice(1);
  const slider = make("input", { type: "range", id: `${id}-slider`, "aria-label": title,
                                 min: 0, max: last(), step: 1 });
  slider.addEventListener("input", () => self.go(Number(slider.value)));
  const select = make("select", { "aria-label": `Speed, ${what}s per second` });
  for (const rate of speeds) {
    const option = make("option", { value: rate }, `${rate} per s`);
    if (rate === speed) option.setAttribute("selected", "");
    select.append(option);
  }
  const where = make("span", { class: "where" });
  self.update = () => {
    slider.max = last();
    slider.value = now();
    slider.setAttribute("aria-valuetext", telling());
    setText(where, telling());
    // Not `disabled`, which would take the focus from who has just pressed it.
    for (const [name, end] of [["first", 0], ["previous", 0], ["next", last()], ["last", last()]]) {
      buttons[name].setAttribute("aria-disabled", now() === end);
    }
  };
  const group = { class: "transport", id: `${id}-controls`, role: "group", "aria-label": title };
  byId("controls").append(make("div", group,
    make("span", { class: "buttons" }, ...Object.values(buttons)),
    make("span", { class: "track" }, slider), where, select));
  transports.push(self);
  return self;
}

function keyboard(steps, training) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tag = event.target.tagName;
    // Fields, sliders and lists have keys of their own; a box to tick has one.
    const { type } = event.target, isSpace = event.key === " ";
    if (tag === "SELECT" || tag === "INPUT" && type !== (isSpace ? "range" : "checkbox")) return;
    const it = event.shiftKey && training || steps;
    const acts = {
      ArrowRight: () => it.go(it.now() + 1), ArrowLeft: () => it.go(it.now() - 1),
      Home: () => it.go(0), End: () => it.go(it.last()), " ": () => it.toggle(),
      b: () => steps.go(model.seedStep), l: enlarge,
    };
    if (!(event.key in acts) || isSpace && (tag === "BUTTON" || tag === "A")) return;
    event.preventDefault();
    acts[event.key]();
  });
}

// ── The size of the graph ────────────────────────────────────────────────────────────────────────

const view = byId("view");
let zoom = 1, room = [0, 0];

function setZoom(z) {
  zoom = Math.max(0.08, Math.min(4, z));
  svg.style.width = `${FULL[0] * zoom}px`;
  svg.style.height = `${FULL[1] * zoom}px`;
  if (isAlive) showLens();
}

/** As large as there is room for. */
const whole = () => Math.min(2.2, (room[0] - 1) / FULL[0], (room[1] - 1) / FULL[1]);
/** Of a large graph a legible part, which follows the steps. */
const legible = () => whole() > (isAlive ? 0.5 : 0.6) ? whole() : 0.8;
let fitted = legible;                                   // null once someone has chosen a size

function fit() {
  room = [view.clientWidth, view.clientHeight];
  if (fitted) setZoom(fitted());
}

const looks = (name) => [isAlive && "live", name].filter(Boolean).join(" ");

/** For a projector: larger, and on the way with what is active. */
function enlarge() {
  const large = document.documentElement.classList.toggle("large");
  fitted = large ? () => Math.max(1.6, whole()) : legible;
  arrange();
  follow(true);
}

/** The panel goes beside the graph or below it, where it leaves the graph larger. */
function arrange() {
  const [beside, below] = ["", "wide"].map((name) => {
    document.body.className = looks(name);
    room = [view.clientWidth, view.clientHeight];
    return whole();
  });
  document.body.className = looks(below > beside ? "wide" : "");
  fit();
}

/** Scroll so that what a step is about is seen. */
function follow(calm) {
  if (FULL[0] * zoom <= room[0] && FULL[1] * zoom <= room[1]) return;
  const { turn, root } = model;
  const ids = [...turn ? turn.made : [root.i], ...turn ? turn.inputs : []].map((i) => `v${i}`);
  if (turn) ids.unshift(turn.node);
  const boxes = ids.map((id) => nodes.get(id)?.box).filter(Boolean);
  const centre = boxes[0];
  let area = centre;
  for (const [x, y, w, h] of boxes) {                   // as much of it as there is room for
    const [x0, y0] = [Math.min(area[0], x), Math.min(area[1], y)];
    const [x1, y1] = [Math.max(area[0] + area[2], x + w), Math.max(area[1] + area[3], y + h)];
    const wider = [x0, y0, x1 - x0, y1 - y0];
    if (wider[2] * zoom < room[0] - 40 && wider[3] * zoom < room[1] - 40) area = wider;
  }
  const scroll = { left: view.scrollLeft, top: view.scrollTop };
  for (const [side, at, extent] of [["left", 0, room[0]], ["top", 1, room[1]]]) {
    const from = (area[at] + PAD) * zoom - 16, to = (area[at] + area[at + 2] + PAD) * zoom + 16;
    if (from < scroll[side] || to > scroll[side] + extent) scroll[side] = (from + to - extent) / 2;
  }
  if (model.step === 0) scroll.left = 0;
  calm = calm || playing || matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.scrollTo({ ...scroll, behavior: calm ? "auto" : "smooth" });
}

function sizes() {
  byId("smaller").addEventListener("click", () => { fitted = null; setZoom(zoom / 1.25); });
  byId("larger").addEventListener("click", () => { fitted = null; setZoom(zoom * 1.25); });
  byId("fit").addEventListener("click", () => { fitted = whole; fit(); });
  new ResizeObserver(arrange).observe(document.querySelector("main"));
  new ResizeObserver(() => { fit(); follow(true); }).observe(view);
  let from;
  view.addEventListener("pointerdown", (event) => {
    // With a mouse one drags the graph; fingers do already, and nodes are to be pointed at.
    if (event.pointerType !== "mouse" || event.button || event.target.closest(".node")) return;
    from = [event.clientX + view.scrollLeft, event.clientY + view.scrollTop];
  });
  addEventListener("pointermove", (event) => {
    if (from) view.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
  });
  addEventListener("pointerup", () => { from = undefined; });
}

