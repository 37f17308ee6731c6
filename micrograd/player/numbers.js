// ── Numbers as text ──────────────────────────────────────────────────────────────────────────────
// A number is a float, or a text where floats are not enough: the digits of a large integer, a
// fraction, "nan". One that nobody has computed yet is undefined.

const NAMES = { nan: "NaN", inf: "∞", "-inf": "−∞" };
const minus = (text) => text.replace(/-/g, "−").replace("Infinity", "∞");

/** All digits. */
function full(x) {
  if (x === undefined) return "not known yet";
  return typeof x === "string" ? NAMES[x] || minus(x) : minus(String(x).replace("e+", "e"));
}

/** Four significant digits, and what is short and exact as it is. */
function short(x) {
  if (x === undefined) return "";
  if (typeof x === "string") {
    if (x.length > 11 && x.includes("/")) return short(size(x));
    const [, first, next, rest] = /^(-?\d)(\d{3})(\d{7,})$/.exec(x) || [];
    // From its digits, for a whole number may be beyond floats.
    return first ? minus(`${Number(`${first}.${next}`)}e${rest.length + 3}`) : full(x);
  }
  if (x === 0 || Number.isInteger(x) && Math.abs(x) < 1e6) return minus(String(x || 0));
  const magnitude = Math.abs(x);
  const text = magnitude >= 1e-4 && magnitude < 1e5 ? String(Number(x.toPrecision(4)))
    : x.toExponential(3).replace(/\.?0+e/, "e").replace("e+", "e");
  return minus(text);
}

/** For a number that changes while one looks: its digits keep their places. */
function steady(x) {
  if (typeof x !== "number" || !Number.isFinite(x)) return short(x);
  const magnitude = Math.abs(x);
  if (magnitude && (magnitude < 5e-5 || magnitude >= 1e5)) return short(x);
  return minus((x || 0).toFixed(magnitude < 100 ? 4 : magnitude < 1e4 ? 2 : 1));
}

/** For a change: with its sign, and with enough digits if it is small. */
function signed(x) {
  const small = x && Math.abs(x) < 0.1 && Math.abs(x) >= 1e-7;
  const text = small ? minus(x.toFixed(3 - Math.ceil(Math.log10(Math.abs(x))))) : steady(x);
  return x > 0 ? `+${text}` : text;
}

/** As a float, to draw with: of a text such as −1/3, too. */
function size(x) {
  if (typeof x !== "string") return x;
  const [over, under = "1"] = x.split("/");
  return { nan: NaN, inf: Infinity, "-inf": -Infinity }[x] ?? Number(over) / Number(under);
}

function sign(x) {
  if (x === undefined) return "";
  return size(x) > 0 ? "positive" : size(x) < 0 ? "negative" : size(x) === 0 ? "zero" : "nan";
}
