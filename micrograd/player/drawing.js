// ── The graph ────────────────────────────────────────────────────────────────────────────────────

const PAD = 14;
let svg, FULL;                                          // the graph and its size
const nodes = new Map();                                // by id: element, texts, what it is
const involved = [];                                    // which of them each step is about
let pointedAt = null, entrance = null;                  // where the tab key enters the graph

function addNode(node, kind, role, lines) {
  const [x, y, w, h] = node.box, middle = x + w / 2;
  const round = kind === "op";
  const outline = (name) => round
    ? make("circle", { class: name, cx: middle, cy: y + h / 2, r: w / 2 })
    : make("rect", { class: name, x, y, width: w, height: h, rx: kind === "box" ? 9 : 6 });
  const looks = { class: `node ${kind} ${role}`, id: node.id, tabindex: -1, role: "img" };
  const element = make("g", looks, outline("halo"), outline("shape"));
  const step = lines.length > 1 ? 14 : 0;
  const texts = lines.map(([name, text], k) => {
    const y0 = y + h / 2 + 4 + (k - (lines.length - 1) / 2) * step;
    const line = make("text", { class: name, x: middle, y: y0 }, text);
    element.append(line);
    return line;
  });
  const { id, box, title } = node;
  nodes.set(id, { id, kind, box, title, element, texts, turns: [] });
  svg.append(element);
}

function drawGraph() {
  FULL = graph.size.map((x) => x + 2 * PAD);
  svg = make("svg", { viewBox: [-PAD, -PAD, ...FULL].join(" "), id: "graph", role: "group",
                      "aria-label": "The graph of the computation" });
  nodes.clear();
  involved.length = 0;
  pointedAt = entrance = null;
  for (const group of graph.groups) {
    const [x, y, w, h] = group.box, canClose = byDepth(group.deep) !== undefined;
    const element = make("g", { class: canClose ? "group closes" : "group" },
      make("rect", { x, y, width: w, height: h, rx: 8 }),
      make("text", { x: x + 7, y: y + 13 }, canClose ? `⊟ ${group.title}` : group.title));
    if (canClose) {
      element.lastChild.addEventListener("click", () => openGraph(byDepth(group.deep)));
    }
    svg.append(element);
  }
  for (const [k, arrow] of model.arrows.entries()) {
    const [[x0, y0], ...points] = arrow.path, [tx, ty] = arrow.tip;
    const [fx, fy] = arrow.path[arrow.path.length - 1];
    const length = Math.hypot(tx - fx, ty - fy) || 1;
    const [ux, uy] = [7 * (tx - fx) / length, 7 * (ty - fy) / length];
    const head = [[tx, ty], [tx - ux - 0.4 * uy, ty - uy + 0.4 * ux],
                  [tx - ux + 0.4 * uy, ty - uy - 0.4 * ux]];
    arrow.line = make("path", { d: `M${x0} ${y0}C${points.join(" ")}` });
    arrow.element = make("g", { class: "arrow", id: `e${k}` }, arrow.line,
      make("polygon", { points: head.map((p) => p.map((c) => c.toFixed(1))).join(" ") }));
    svg.append(arrow.element);
  }
  for (const value of model.values.values()) {
    if (!value.box) continue;
    const lines = value.lines.map((text) => ["label", text]);
    if (value.role !== "constant" && !lines.length) lines.push(["given", value.name]);
    lines.push(["data", ""]);
    if (value.role !== "constant") lines.push(["grad", ""]);
    addNode(value, "value", value.role, lines);
    nodes.get(value.id).value = value;
  }
  for (const node of graph.others) {
    if (node.symbol) addNode(node, "op", "", [["symbol", node.symbol]]);
    else addNode(node, "box", "closed", [["label", node.title], ["data", ""],
      ...node.notes.map((note) => ["note", note]), ["grad", ""]]);
  }
  for (const turn of model.turns) nodes.get(turn.node).turns.push(turn);
  byId("view").replaceChildren(svg);
  for (const node of nodes.values()) for (const line of node.texts) squeeze(node, line);
  reachable(nodes.get(model.root.id));
}

/** Make a line narrower that is too long for its box. */
const fonts = new Map();
function squeeze(node, line) {
  const text = line.textContent, room = node.box[2] - 6;
  const looks = line.getAttribute("class").split(" ")[0];
  if (!fonts.has(looks)) {
    const { fontStyle, fontWeight, fontSize, fontFamily } = getComputedStyle(line);
    fonts.set(looks, `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`);
  }
  // A hundredth or two more, for digits all of the same width.
  const fits = 12 * text.length <= room || 1.02 * widthOf(text, fonts.get(looks)) <= room;
  if (!fits) {
    setAttribute(line, "textLength", room);
    setAttribute(line, "lengthAdjust", "spacingAndGlyphs");
  } else if (line.hasAttribute("textLength")) line.removeAttribute("textLength");
}

/** Which nodes and arrows a step is about. */
function concerns(step) {
  if (involved[step]) return involved[step];
  const k = model.turnAt(step), found = { nodes: new Set(), arrows: new Set() };
  if (k < 0) {
    for (const node of nodes.keys()) found.nodes.add(node);
    for (const arrow of model.arrows.keys()) found.arrows.add(arrow);
  } else {
    const turn = model.turns[k];
    found.nodes.add(turn.node);
    for (const i of [...turn.made, ...turn.inputs]) found.nodes.add(model.values.get(i).id);
    model.arrowsOf[k].forEach((arrow) => found.arrows.add(arrow));
  }
  return involved[step] = found;
}

/** What lights up at the present step. */
function active() {
  const { turn, step } = model, k = model.turnAt(step);
  if (step === 0 || model.isResting) return { nodes: new Set(), arrows: new Set() };
  if (k < 0) return { nodes: new Set([model.root.id]), arrows: new Set() };
  const ids = [turn.node];
  for (const i of turn.made) ids.push(model.values.get(i).id);
  if (model.isBackward) for (const row of turn.rows) ids.push(model.values.get(row.x).id);
  return { nodes: new Set(ids), arrows: new Set(model.arrowsOf[k]) };
}

function updateNode(id, lit) {
  const node = nodes.get(id);
  if (!node) return;                                    // a value inside of a closed box
  const show = { value: showValue, op: showOperation, box: showBox }[node.kind];
  const [known, role, ...telling] = show(node);
  const looks = ["node", node.kind, role, !known && "unknown", lit.nodes.has(id) && "active",
                 node === pointedAt && "pointed", node.knob && "knob"];
  setClass(node.element, looks.filter(Boolean).join(" "));
  const name = telling.filter(Boolean).join(", ");
  if (!node.knob && node.name !== name) node.element.setAttribute("aria-label", node.name = name);
}

// Each kind of node: is it known yet, which role has it, and what does a screen reader say?

function showValue(node) {
  const { value, texts } = node, write = isAlive ? steady : short;
  const constant = value.role === "constant";
  const data = model.data(value), grad = model.gradient(value);
  const dataText = texts[texts.length - (constant ? 1 : 2)], gradText = texts[texts.length - 1];
  if (setText(dataText, (constant ? short : write)(data))) squeeze(node, dataText);
  if (!constant) {
    const partial = model.received(value) < value.receipts.length ? " partial" : "";
    if (setText(gradText, grad === undefined ? "" : `grad ${write(grad)}`)) squeeze(node, gradText);
    setClass(gradText, `grad ${sign(grad)}${partial}`);
  }
  const name = [value.name, value.role, `data ${full(data)}`,
                constant ? "" : `gradient ${full(grad)}`, formulaText(value)];
  return [model.isKnown(value), value.role, ...name];
}

function showOperation({ turns: [turn], texts: [symbol] }) {
  const value = model.values.get(turn.made[0]);
  return [model.isKnown(value), "",
          `operation ${symbol.textContent}: ${formulaText(value)}`];
}

function showBox(node) {
  const known = !node.turns.length || model.turns.indexOf(node.turns[0]) < model.step;
  const grads = model.norm(node.turns);
  const made = node.turns.flatMap((turn) => turn.made).map((i) => model.values.get(i));
  const results = made.map((value) => model.data(value)).filter((x) => x !== undefined);
  const write = isAlive ? steady : short, line = node.texts[1];
  const span = results.map(size).sort((a, b) => a - b);
  const few = results.length <= 2;
  const text = results.length ? `out: ${few ? results.map(write).join(", ")
    : `${write(span[0])} … ${write(span.at(-1))}`}` : "";
  if (setText(line, text)) squeeze(node, line);
  setText(node.texts.at(-1), grads === undefined ? "" : `‖grad‖ ${write(grads)}`);
  const opens = byDepth(graph.depth + 1) !== undefined ? "Enter opens it" : "";
  const notes = node.texts.slice(2, -1).map((note) => note.textContent);
  return [known, opens ? "closed opens" : "closed", `closed box ${node.title}`, opens, ...notes,
          text, grads === undefined ? ""
    : `norm of its gradients ${full(grads)}`];
}

/** As in a picture: a tenth of the largest gradient is a step thinner than it. */
function thickness(size, largest) {
  if (!size) return 1.2;
  return largest && Number.isFinite(size)
    ? Math.max(0.8, 5 + 1.5 * Math.log10(Math.max(1e-9, size / largest))) : 5;
}

function updateArrow(k, lit) {
  const arrow = model.arrows[k], direction = model.step < model.seedStep ? "forward" : "backward";
  const on = lit.arrows.has(k) ? ` active ${direction}` : "";
  const flows = model.flowsAlong(k);
  let look = "", width = "";
  if (model.step < model.seedStep) {
    look = Math.min(...arrow.turns) + 1 > model.step ? " ahead" : "";
  } else if (flows.length) {
    const signs = new Set(flows.map(sign));
    signs.delete("zero");
    look = ` ${signs.size > 1 ? "mixed" : [...signs][0] || "zero"}`;
    width = `${thickness(norm(flows), model.largest).toFixed(2)}px`;
  }
  setClass(arrow.element, `arrow${look}${on}`);
  if (arrow.line.style.strokeWidth !== width) arrow.line.style.strokeWidth = width;
}

/** Draw what has changed between two steps; everything, if from nowhere. */
function updateGraph(from) {
  const lit = active();
  if (from === undefined) {
    for (const id of nodes.keys()) updateNode(id, lit);
    for (const k of model.arrows.keys()) updateArrow(k, lit);
    return;
  }
  const some = { nodes: new Set(), arrows: new Set() };
  for (let s = Math.min(from, model.step); s <= Math.max(from, model.step); s++) {
    const found = concerns(s);
    found.nodes.forEach((id) => some.nodes.add(id));
    found.arrows.forEach((k) => some.arrows.add(k));
  }
  some.nodes.forEach((id) => updateNode(id, lit));
  some.arrows.forEach((k) => updateArrow(k, lit));
}

// ── Pointing at a box ────────────────────────────────────────────────────────────────────────────

function point(id) {
  const node = nodes.get(id) || null;
  if (node === pointedAt) return;
  const old = pointedAt, lit = active();
  pointedAt = node;
  if (old) updateNode(old.id, lit);
  if (node) updateNode(node.id, lit);
  showDetails();
}

/** The graph is one stop of the tab key: at the node where one was last. Knobs are stops too. */
function reachable(node) {
  if (entrance && !entrance.knob) entrance.element.setAttribute("tabindex", -1);
  entrance = node;
  node.element.setAttribute("tabindex", 0);
}

/** The nearest node in a direction, [1, 0] for the right. */
function beside(node, [dx, dy]) {
  const centre = ({ box: [x, y, w, h] }) => [x + w / 2, y + h / 2], [x0, y0] = centre(node);
  let best = null, least = Infinity;
  for (const other of nodes.values()) {
    const [x, y] = centre(other), along = (x - x0) * dx + (y - y0) * dy;
    const away = along + 3 * Math.abs((x - x0) * dy - (y - y0) * dx);
    if (along > 1 && away < least) [best, least] = [other, away];
  }
  return best;
}

const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function listen() {
  const idOf = ({ target }) =>
    target.closest("[data-node]")?.dataset.node || target.closest(".node")?.id;
  document.addEventListener("pointerover", (event) => {
    if (idOf(event)) point(idOf(event));
  });
  // (An SVG element that listens for the focus itself would be a stop of its own.)
  const view = byId("view");
  view.addEventListener("pointerleave", () => {
    point(document.activeElement?.closest(".node")?.id);
  });
  view.addEventListener("click", (event) => {
    if (event.target.closest(".node.opens")) openGraph(byDepth(graph.depth + 1));
  });
  view.addEventListener("focusin", (event) => {
    point(idOf(event));
    if (nodes.has(event.target.id)) reachable(nodes.get(event.target.id));
  });
  view.addEventListener("focusout", () => point(null));
  view.addEventListener("keydown", (event) => {
    // Who came here with the tab key goes from box to box; who clicked goes on from step to step.
    const node = nodes.get(event.target.id), direction = DIRECTIONS[event.key];
    const to = event.key === "Enter" && node?.element.matches(".opens") ? graph.depth + 1
      : event.key === "Escape" ? graph.depth - 1 : undefined;
    if (byDepth(to) !== undefined) {
      openGraph(byDepth(to));
      entrance.element.focus();
      return;
    }
    if (!node || node.knob || !direction || event.ctrlKey || event.metaKey || event.altKey ||
        event.shiftKey || !event.target.matches(":focus-visible")) return;
    event.preventDefault();
    event.stopPropagation();
    beside(node, direction)?.element.focus();
  });
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("panel").focus();
  });
}
