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

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷",
                      8: "⁸", 9: "⁹" };

/** A number between 1 and 10, times a power of 10, with four digits. */
function scaled(mantissa, power) {
  const digits = String(Number(mantissa.toPrecision(4)));
  if (digits.replace("-", "") === "10") return scaled(mantissa / 10, power + 1);
  const raised = [...String(power)].map((char) => SUPERSCRIPT[char]).join("");
  return minus(`${digits}×10${raised}`);
}

/** As pictures write it: four significant digits, whole ones in full, and ×10ⁿ where plain digits
 *  would need many zeros. What is short and exact stays as it is. */
function short(x) {
  if (x === undefined) return "";
  if (typeof x === "string") {
    if (x.includes("/") && x.split("/").some((part) => Math.abs(part) >= 1e6)) return short(size(x));
    const [, first, rest] = /^(-?\d)(\d{9,})$/.exec(x) || [];
    // From its digits, for a whole number may be beyond floats.
    return first ? scaled(Number(`${first}.${rest.slice(0, 12)}`), rest.length) : full(x);
  }
  if (!Number.isFinite(x)) return full(x);
  if (Number.isInteger(x) && Math.abs(x) < 1e9) return minus(String(x || 0));
  const whole = Number(x.toExponential().split("e")[1]) + 1;    // digits before the point
  const digits = Math.max(4, whole <= 5 ? whole : 0);
  const [mantissa, power] = x.toExponential(digits - 1).split("e").map(Number);
  return power >= -4 && power < 5 ? minus(String(Number(x.toPrecision(digits))))
    : scaled(mantissa, power);
}

/** For a number that changes while one looks: its digits keep their places. */
function steady(x) {
  const isTiny = typeof x === "number" && x && Math.abs(x) < 5e-5;
  return isTiny ? short(x) : rounded(x);
}

/** Where there is little room: three digits, and four decimals. */
function brief(x) {
  const three = Number(x.toPrecision(3));
  return short(Math.abs(x) < 5e-5 ? three : Number(three.toFixed(4)));
}

/** In a table, the smallest are 0.0000. */
function rounded(x) {
  const magnitude = Math.abs(x);
  if (typeof x !== "number" || !(magnitude < 1e5)) return short(x);
  return minus((x || 0).toFixed(magnitude < 100 ? 4 : magnitude < 1e4 ? 2 : 1));
}

/** A change, with its sign. Changes with as many decimals stand point below point. */
function signed(x, decimals) {
  const plain = typeof x === "number" && Math.abs(x) < 1e5;
  const told = plain ? Number(x.toFixed(decimals)) || 0 : x;
  const text = plain ? minus(told.toFixed(decimals)) : short(x);
  return told > 0 ? `+${text}` : text;
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
// To some a comma is the decimal point, to others it parts thousands. Here it could be both.
const BOTH = /^\s*[-−+]?[1-9]\d{0,2},\d{3}\s*$/;

/** The number that somebody typed; NaN if it is none, or could be two. */
function parsed(text) {
  const plain = text.trim().replace(/−/g, "-").replace(",", ".");
  return NUMBER.test(plain) && !BOTH.test(text) ? Number(plain) : NaN;
}

/** Why a text is not taken for `what` it should be. */
function refusal(text, what = "a number") {
  if (!text.trim()) return `Type ${what}.`;
  const [thousands, decimal] = ["", "."].map((point) => text.trim().replace(",", point));
  return BOTH.test(text) ? `“${text}” can mean ${thousands} or ${decimal}: type one of these.`
    : `“${text}” is not ${what}.`;
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
