// ── The one state of the page ────────────────────────────────────────────────────────────────────

const page = JSON.parse(document.getElementById("data").textContent);
const isFilm = page.kind === "film", isAlive = page.kind === "live";
const source = isAlive ? new Computation(page, programs) : new Recording(page);
let graph, model;                                       // one of several, with more boxes open

// ── Making elements ──────────────────────────────────────────────────────────────────────────────
// Labels, names and captions are set as text (textContent), never as markup.

const byId = (id) => document.getElementById(id);
const SVG = ["svg", "g", "rect", "circle", "path", "polygon", "text", "line", "clipPath"];

function make(tag, attributes = {}, ...children) {
  const element = SVG.includes(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function setText(element, text) {
  const old = element.firstChild, changes = (old ? element.textContent : "") !== text;
  // To change a text in its place is cheaper than to put another in its place.
  if (changes && old?.nodeType === Node.TEXT_NODE && !old.nextSibling) old.data = text;
  else if (changes) element.textContent = text;
  return changes;
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

const setClass = (element, name) => setAttribute(element, "class", name);

/** A field for a number. `take` is given what was typed; what is none is refused with a sentence,
 *  and `show` writes the number that there is then. */
function numberField(field, take, show, isRight = Number.isFinite, what) {
  field.addEventListener("change", () => {
    const text = field.value, x = parsed(text);
    const wrong = isRight(x) ? "" : refusal(text, what);
    if (!wrong) take(x);
    show();
    field.setCustomValidity(wrong);
    if (wrong) field.reportValidity();
  });
  for (const event of ["input", "blur"]) {
    field.addEventListener(event, () => field.setCustomValidity(""));
  }
}

/** A place that a drawing can have; far off for what has none. */
const within = (x) => Number.isNaN(x) ? 9999 : Math.max(-9999, Math.min(9999, x));

/** A value's name, which lights its box when pointed at. */
function named(value, gradient = false) {
  const constant = value.role === "constant";
  return make("span", { class: constant ? "" : `name ${value.role}`, "data-node": value.id },
    make("bdi", {}, constant ? short(model.number(value.data)) : value.name),
    gradient ? ".grad" : "");
}

// A canvas measures text without laying out the page. One font at a time, and each text once.
const ruler = document.createElement("canvas").getContext("2d");
const widths = new Map();

function widthOf(text, font) {
  let known = widths.get(font);
  if (!known) widths.set(font, known = new Map());
  if (!known.has(text)) {
    if (known.size > 20000) known.clear();
    ruler.font = font;
    known.set(text, ruler.measureText(text).width);
  }
  return known.get(text);
}
