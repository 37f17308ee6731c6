// ── The data ─────────────────────────────────────────────────────────────────────────────────────
// A sample is data, not structure: whatever is done to one, the programs stay as they are.

const { columns: COLUMNS, outputs: OUTPUTS } = page.live;
const ROWS = 200;                                       // that a table still shows
const cells = [];                                       // of each row: fields, outputs, loss
const inView = new Set();                               // which of the rows
const viewing = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inView.add(target); else inView.delete(target);
  }
});

function makeData() {
  byId("data-add").addEventListener("click", () => {
    stopTraining();
    source.add(structuredClone(source.sample));
    retake();
  });
  const heads = COLUMNS.map(({ name, kind }) => make("th", { scope: "col", title: kind }, name));
  byId("data-head").replaceChildren(make("th", {}, make("span", { class: "unseen" }, "shown")),
    ...heads, ...OUTPUTS.map((name) => make("th", { scope: "col", class: "computed" }, name)),
    make("th", { scope: "col", class: "computed" }, "loss"), make("th", {}));
}

/** The rows of the table, made when their number changes. */
function makeRows() {
  cells.splice(0);
  inView.clear();
  viewing.disconnect();
  const rows = source.samples.slice(0, ROWS).map((sample, k) => {
    const radio = make("input", { type: "radio", name: "shown",
                                  "aria-label": `Show sample ${k + 1}` });
    radio.addEventListener("change", () => { source.show(k); retake(); });
    const fields = COLUMNS.map(({ path, name, fixed }) => {
      if (fixed) return choice(path, k, `${name} of sample ${k + 1}`);
      const field = make("input", { type: "text", inputmode: "decimal", autocomplete: "off",
                                    "aria-label": `${name} of sample ${k + 1}` });
      const write = () => { field.value = at(source.samples[k], path); };
      numberField(field, (x) => { source.change(k, path, x); fitPlane(); retake(); }, write);
      field.addEventListener("focus", () => { write(); field.select(); });
      field.addEventListener("blur", showData);
      return field;
    });
    const computed = [...OUTPUTS, "loss"].map(() => make("td", { class: "computed" }));
    const remove = make("button", { type: "button", "aria-label": `Remove sample ${k + 1}`,
                                    title: "Remove" }, "×");
    remove.addEventListener("click", () => { source.remove(k); retake(); });
    const row = make("tr", {}, make("td", {}, radio),
      ...fields.map((field) => make("td", {}, field)), ...computed, make("td", {}, remove));
    row.addEventListener("click", (event) => {
      if (!event.target.closest("input, button, select")) { source.show(k); retake(); }
    });
    cells.push({ row, radio, fields, computed, remove });
    viewing.observe(row);
    return row;
  });
  const more = source.samples.length - ROWS;
  byId("data-rows").replaceChildren(...rows);
  setClass(byId("samples"), source.samples.length > 8 ? "many" : "");
  setText(byId("data-more"), more > 0 ? `and ${more} more samples` : "");
}

/** Of what the graph depends on, a sample has one of the kinds that there are. */
function choice(path, k, name) {
  const which = source.fixed.findIndex((other) => String(other) === String(path));
  const kinds = [...new Set(page.live.keys.map((kind) => kind[which]))];
  const select = make("select", { "aria-label": name },
    ...kinds.map((kind, i) => make("option", { value: i }, String(kind))));
  select.addEventListener("change", () => {
    const before = at(source.samples[k], path);
    put(source.samples[k], path, kinds[select.value]);
    if (source.keyOf(source.samples[k]) < 0) put(source.samples[k], path, before);
    source.samplesChanged();
    retake();
  });
  select.update = (x) => { select.value = kinds.indexOf(x); };
  return select;
}

function showData() {
  if (cells.length !== Math.min(ROWS, source.samples.length)) makeRows();
  cells.forEach(({ row, radio, fields, computed, remove }, k) => {
    setAttribute(remove, "aria-disabled", source.samples.length === 1);
    if (trainingNow && !inView.has(row)) return;        // written when the training pauses
    const sample = source.samples[k], shown = k === source.shown;
    setClass(row, shown ? "shown" : "");
    radio.checked = shown;
    COLUMNS.forEach(({ path, fixed }, j) => {
      const x = at(sample, path), field = fields[j];
      if (fixed) { field.update(x); return; }
      setAttribute(field, "title", full(x));            // all digits, also where one writes
      if (document.activeElement !== field && field.value !== brief(x)) field.value = brief(x);
    });
    source.outputs(sample).forEach((x, j) => setText(computed[j], rounded(x)));
  });
  setText(byId("data-name"), `Sample ${source.shown + 1} of ${source.samples.length} is shown`);
}

// ── The plane ────────────────────────────────────────────────────────────────────────────────────
// With one output and one or two inputs: what the model says everywhere, and samples as points.

const AXES = COLUMNS.filter(({ kind, fixed }) => kind === "input" && !fixed);
const TARGETS = COLUMNS.filter(({ kind, fixed }) => kind === "target" && !fixed);
const hasPlane = OUTPUTS.length === 1 && (AXES.length === 1 || AXES.length === 2)
  && AXES.length + TARGETS.length === COLUMNS.length && TARGETS.length <= 1;
const SIDE = 300;                                       // of the plane, in its own pixels
let range, canvas, colours;

function makePlane() {
  byId("plane").hidden = !hasPlane;
  if (!hasPlane) return;
  range = ranges();
  canvas = byId("plane-canvas");
  const overlay = byId("plane-points");
  overlay.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [x, y] = inPlane(event), near = nearest(event);
    if (near >= 0) { pull(event, near); return; }
    const sample = structuredClone(source.sample);
    place(sample, x, y);
    source.add(sample);
    retake();
    pull(event, source.shown);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours = undefined;
    showPlane();
  });
  const names = AXES.map(({ name }) => name);
  setText(byId("plane-name"), AXES.length === 2 ? `${OUTPUTS[0]} over ${names.join(" and ")}`
    : `${OUTPUTS[0]} over ${names[0]}`);
}

/** The plane shows all points, if it can: one may have been written far away. */
function fitPlane() {
  const isOutside = (x) => x < 0 || x > SIDE;
  if (!hasPlane || !source.samples.some((sample) => where(sample).some(isOutside))) return;
  const wider = ranges();
  if ([...wider.across, ...wider.up].every((x) => Math.abs(x) < 1e300)) range = wider;
}

/** What the axes show: all samples and a margin. Of the target, too. */
function ranges() {
  const span = (numbers) => {
    const low = Math.min(...numbers), high = Math.max(...numbers), by = (high - low || 2) * 0.3;
    return [low - by, high + by];
  };
  const all = (path) => source.samples.map((sample) => at(sample, path));
  const across = span(all(AXES[0].path));
  const targets = TARGETS.length ? all(TARGETS[0].path) : source.samples.map(
    (sample) => source.outputs(sample)[0]);
  let [low, high] = [Math.min(...targets), Math.max(...targets)];
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  return { across, up: AXES.length === 2 ? span(all(AXES[1].path)) : span(targets),
           output: [low, high] };
}

const toPlane = (x, y) => [
  within(SIDE * (x - range.across[0]) / (range.across[1] - range.across[0])),
  within(SIDE * (range.up[1] - y) / (range.up[1] - range.up[0]))];

function inPlane(event) {
  const box = byId("plane-points").getBoundingClientRect();
  const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    .map((x) => Math.max(0, Math.min(1, x)));
  const round = (x, [low, high]) => {
    const digits = Math.max(0, Math.ceil(2 - Math.log10(high - low)));
    return Number(x.toFixed(Math.min(12, digits)));
  };
  return [round(range.across[0] + u * (range.across[1] - range.across[0]), range.across),
          round(range.up[1] - v * (range.up[1] - range.up[0]), range.up)];
}

const where = (sample) => toPlane(at(sample, AXES[0].path), AXES.length === 2
  ? at(sample, AXES[1].path) : TARGETS.length ? at(sample, TARGETS[0].path)
    : source.outputs(sample)[0]);

function place(sample, x, y) {
  put(sample, AXES[0].path, x);
  if (AXES.length === 2) put(sample, AXES[1].path, y);
  else if (TARGETS.length) put(sample, TARGETS[0].path, y);
}

/** The sample whose point is under the pointer; of several, the one that is shown. */
function nearest(event) {
  const box = byId("plane-points").getBoundingClientRect();
  const reach = event.pointerType === "touch" ? 24 : 12;
  let best = -1, least = reach;
  source.samples.forEach((sample, k) => {
    const [x, y] = where(sample);
    const away = Math.hypot(box.left + x * box.width / SIDE - event.clientX,
                            box.top + y * box.height / SIDE - event.clientY) - (k === source.shown);
    if (away < least) [best, least] = [k, away];
  });
  return best;
}

function pull(event, k) {
  const overlay = byId("plane-points");
  overlay.setPointerCapture(event.pointerId);
  if (source.shown !== k) { source.show(k); retake(); }
  const moved = (event) => {
    place(source.samples[k], ...inPlane(event));
    source.samplesChanged();
    retake();
  };
  const done = () => {
    overlay.removeEventListener("pointermove", moved);
    overlay.removeEventListener("pointerup", done);
    overlay.removeEventListener("pointercancel", done);
  };
  overlay.addEventListener("pointermove", moved);
  overlay.addEventListener("pointerup", done);
  overlay.addEventListener("pointercancel", done);
}

/** Low is orange, high is blue, and half-way is the page. */
function colourOf(output) {
  if (!colours) {
    const style = getComputedStyle(document.documentElement);
    colours = ["--negative", "--page", "--positive"].map((name) => {
      const hex = style.getPropertyValue(name).trim();
      return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    });
  }
  const [low, high] = range.output;
  if (!Number.isFinite(output)) return colours[1];
  const t = Math.max(-1, Math.min(1, 2 * (output - low) / (high - low) - 1));
  const [from, to] = [colours[1], colours[t < 0 ? 0 : 2]];
  return from.map((x, i) => Math.round(x + Math.abs(t) * (to[i] - x)));
}

const FINE = 50;
let grid = FINE, dots = [], refining;
function showPlane() {
  if (!hasPlane) return;
  showPoints();
  if (AXES.length === 2) showGround(); else showSaid();
  const shown = source.outputs(source.sample)[0];
  setAttribute(byId("plane-points"), "aria-label", `The plane: ${source.samples.length} samples; ` +
    `at the one that is shown, ${OUTPUTS[0]} is ${short(shown)}`);
  for (const [id, x] of [["plane-left", range.across[0]], ["plane-right", range.across[1]],
                         ["plane-low", range.up[0]], ["plane-high", range.up[1]]]) {
    setText(byId(id), brief(x));
  }
}

/** Of two inputs, what the model says is a colour everywhere, as fine as there is time for. */
function showGround() {
  const began = performance.now(), probe = structuredClone(source.sample);
  if (canvas.width !== grid) canvas.width = canvas.height = grid;
  const context = canvas.getContext("2d"), image = context.createImageData(grid, grid);
  const [x0, x1] = range.across, [y0, y1] = range.up, { data } = image;
  for (let row = 0, k = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++, k += 4) {
      place(probe, x0 + (x1 - x0) * (column + 0.5) / grid, y1 - (y1 - y0) * (row + 0.5) / grid);
      [data[k], data[k + 1], data[k + 2]] = colourOf(source.outputs(probe)[0]);
      data[k + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  const took = performance.now() - began;
  if (took > 12) grid = Math.max(20, Math.floor(grid * 0.8));
  else if (took < 4) grid = Math.min(FINE, Math.ceil(grid * 1.25));
  clearTimeout(refining);                               // finer when there is
  if (canvas.width < FINE) refining = setTimeout(() => { grid = FINE; showPlane(); }, 250);
}

/** Of one input, it is a line. */
function showSaid() {
  const probe = structuredClone(source.sample), [x0, x1] = range.across, points = [];
  for (let k = 0; k <= 150; k++) {
    const x = x0 + (x1 - x0) * k / 150;
    put(probe, AXES[0].path, x);
    const [px, py] = toPlane(x, source.outputs(probe)[0]);
    if (py !== 9999) points.push(`${px.toFixed(1)} ${py.toFixed(1)}`);
  }
  setAttribute(byId("plane-said"), "d", points.length ? `M${points.join("L")}` : "");
}

function showPoints() {
  if (dots.length !== source.samples.length) {
    dots = source.samples.map(() => make("circle"));
    byId("plane-points").replaceChildren(make("path", { id: "plane-said" }), ...dots,
      make("circle", { id: "plane-shown", r: 8 }));     // last, so that no point covers it
  }
  source.samples.forEach((sample, k) => {
    const dot = dots[k], [cx, cy] = where(sample), looks = { class: "point", cx, cy, r: 6 };
    for (const [name, x] of Object.entries(looks)) setAttribute(dot, name, x);
    if (k === source.shown) {
      setAttribute(byId("plane-shown"), "cx", cx);
      setAttribute(byId("plane-shown"), "cy", cy);
    }
    if (AXES.length < 2 || !TARGETS.length) return;
    const fill = `rgb(${colourOf(at(sample, TARGETS[0].path))})`;
    if (dot.style.fill !== fill) dot.style.fill = fill;
  });
}
