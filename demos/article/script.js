// The figures of the page. The programs of the compiler compute; this turns, draws and tells.
// Every picture is in the page already; here its parts are only moved.
const find = id => document.getElementById(id);
const data = JSON.parse(find("data").textContent);
const tell = (id, text) => { find(id).textContent = text; };
const number = (x, digits = 2) => {
    const text = (Math.round(x * 10 ** digits) / 10 ** digits + 0).toFixed(digits);
    return text.replace("-", "−");
};
const signed = x => (x > 0 ? "+" : "") + number(x);
document.documentElement.classList.add("live");

// ── Pictures ────────────────────────────────────────────────────────────────────────────────────
// A plot says in its attributes which numbers its frame stands for.
const place = (plot, x, y) => {
    const [left, right, bottom, top] = plot.dataset.range.split(" ").map(Number);
    const [x0, y0, width, height] = plot.dataset.frame.split(" ").map(Number);
    const clip = z => Math.min(1.5, Math.max(-0.5, z));
    return [x0 + width * clip((x - left) / (right - left)),
            y0 + height * (1 - clip((y - bottom) / (top - bottom)))];
};
const draw = (line, points) => {
    const plot = find(line).closest("[data-range]");
    find(line).setAttribute("points", points.map(([x, y]) => place(plot, x, y)
        .map(z => z.toFixed(1)).join(",")).join(" "));
};
const put = (circle, x, y) => {
    const at = place(find(circle).closest("[data-range]"), x, y);
    find(circle).setAttribute("cx", at[0].toFixed(1));
    find(circle).setAttribute("cy", at[1].toFixed(1));
};
const stretch = (plot, bottom, top) => {
    const [left, right] = find(plot).dataset.range.split(" ");
    find(plot).dataset.range = [left, right, bottom, top].join(" ");
};

// ── One knob, and a bias ────────────────────────────────────────────────────────────────────────
function radio() {
    const biased = find("radio-bias").checked;
    find("radio-b").disabled = !biased;
    const w = Number(find("radio-w").value), b = biased ? Number(find("radio-b").value) : 0;
    tell("radio-w-number", number(w, 1));
    tell("radio-b-number", number(b, 1));
    draw("radio-line", [[0, b], [10, 10 * w + b]]);
    data.radio.forEach(([x, target], i) => draw(`radio-miss-${i}`, [[x, w * x + b], [x, target]]));
    const error = Math.sqrt(programs.radio.step(data.radio, [w, b]).mean);
    tell("radio-error", number(error, 1));
    tell("radio-told", `With a bias, ${number(data.radio_best[0], 1)} can be reached; ` +
                       `without, ${number(data.radio_best[1], 1)}.`);
}
for (const id of ["radio-w", "radio-b", "radio-bias"]) find(id).addEventListener("input", radio);

// ── Nine knobs ──────────────────────────────────────────────────────────────────────────────────
const model = {knobs: [...data.start], speed: Array(9).fill(0), start: [...data.start], steps: 0};
let best = Infinity, curve = [];
const step = knobs => programs.trees.step(data.rows, knobs);
const typical = mean => Math.sqrt(mean) * data.unit;        // in cubic feet
const squares = mean => mean * data.unit ** 2;

function show() {
    const {mean, gradients} = step(model.knobs);
    const said = data.rows.map(row => programs.trees.forward(row, model.knobs).result);
    data.names.forEach((name, i) => {
        tell(`net-${name}`, number(model.knobs[i]));
        tell(`hand-number-${name}`, number(model.knobs[i]));
        find(`hand-${name}`).value = model.knobs[i];
        tell(`now-${name}`, number(model.knobs[i]));
        tell(`gradient-${name}`, number(squares(gradients[i]), 1));
    });
    const [z1, z2, y] = said[data.tree];
    tell("net-z1", number(z1));
    tell("net-z2", number(z2));
    tell("net-y", number(y));
    tell("tree-said", number(y * data.unit, 1));
    said.forEach((row, i) => put(`tree-${i}`, row[2] * data.unit, data.rows[i][2] * data.unit));
    const error = typical(mean);
    best = Math.min(best, error);
    for (const id of ["hand-error", "train-error"]) tell(id, number(error));
    tell("hand-best", number(best));
    tell("train-steps", model.steps);
    tell("train-told", error - data.best < 0.005 ? "No nine numbers do better." : "");
    promise();
    const longest = Math.max(100, curve.length - 1);
    const highest = Math.max(40, ...curve.map(x => Math.min(x, 1e6)));
    find("curve").dataset.range = `0 ${longest} 0 ${highest}`;
    tell("curve-right", longest);
    tell("curve-top", number(highest, 0));
    draw("curve-line", curve.map((x, i) => [i, x]));
}

data.names.forEach((name, i) => find(`hand-${name}`).addEventListener("input", event => {
    pause();
    model.knobs[i] = Number(event.target.value);
    begin(false);
}));

// ── What a knob promises ────────────────────────────────────────────────────────────────────────
function promise() {
    const knob = find("promise-knob").selectedIndex, turn = Number(find("promise-turn").value);
    const {mean, gradients} = step(model.knobs);
    const turned = by => squares(step(model.knobs.map((w, i) => i === knob ? w + by : w)).mean);
    const error = squares(mean), gradient = squares(gradients[knob]);
    const curve = Array.from({length: 81}, (_, i) => [(i - 40) / 40, turned((i - 40) / 40)]);
    const highest = Math.max(...curve.map(([, y]) => y));
    stretch("promise-plot", 0, 1.05 * highest);
    tell("promise-top", number(1.05 * highest, 0));
    draw("promise-curve", curve);
    draw("promise-line", [[-1, error - gradient], [1, error + gradient]]);
    put("promise-here", 0, error);
    put("promise-there", turn, turned(turn));
    tell("promise-gradient", number(gradient));
    tell("promise-turn-number", signed(turn));
    tell("promise-by", signed(turn));
    tell("promise-promised", signed(gradient * turn));
    tell("promise-happened", signed(turned(turn) - error));
}
find("promise-knob").addEventListener("input", promise);
find("promise-turn").addEventListener("input", promise);

// ── Training ────────────────────────────────────────────────────────────────────────────────────
let timer = 0, until = 0;

function begin(again = true) {
    if (again) model.knobs = [...model.start];
    model.speed = Array(9).fill(0);
    model.steps = 0;
    curve = [typical(step(model.knobs).mean)];
    show();
}
function learn() {                              // as micrograd's SGD does
    const {gradients} = step(model.knobs);
    model.speed = model.speed.map((v, i) => data.momentum * v + gradients[i]);
    model.knobs = model.knobs.map((w, i) => w - data.lr * model.speed[i]);
    model.steps += 1;
    curve.push(typical(step(model.knobs).mean));
}
function pause() {
    cancelAnimationFrame(timer);
    timer = 0;
    tell("train-play", "Train");
}
function play() {
    if (model.steps >= until) return pause();
    learn();
    show();
    timer = requestAnimationFrame(play);
}
find("train-step").addEventListener("click", () => { pause(); learn(); show(); });
find("train-play").addEventListener("click", () => {
    if (timer) return pause();
    until = model.steps + data.steps;
    tell("train-play", "Pause");
    play();
});
const restart = () => { pause(); model.start = [...data.start]; begin(); };
find("train-back").addEventListener("click", restart);
find("hand-back").addEventListener("click", () => { best = Infinity; restart(); });
find("train-new").addEventListener("click", () => {
    pause();
    model.start = data.start.map((_, i) => i < 6 ? 2 * Math.random() - 1 : 0);
    data.names.forEach((name, i) => tell(`first-${name}`, number(model.start[i])));
    begin();
});

// On paper nothing trains: where it has not been trained yet, the page as it was written tells how.
const written = {curve: find("curve-line").getAttribute("points"),
                 told: find("train-told").textContent};
addEventListener("beforeprint", () => {
    if (model.steps > 0) return;
    find("curve-line").setAttribute("points", written.curve);
    tell("train-told", written.told);
});
addEventListener("afterprint", show);

// ── A language model ────────────────────────────────────────────────────────────────────────────
const context = data.context, END = 0;
const oneHot = (i, n) => Array.from({length: n}, (_, j) => i === j ? 1 : 0);

function probabilities(name) {
    const nothing = Array(context - 1).fill(0).map(() => Array(data.width).fill(0));
    const keys = [...nothing], values = [...nothing], absent = Array(context - 1).fill(data.absent);
    let chances;
    [END, ...[...name].map(letter => data.letters.indexOf(letter) + 1)].forEach((token, t) => {
        const {result} = programs.gpt.forward([oneHot(token, data.letters.length + 1),
            oneHot(t, context), keys, values, absent], data.gpt);
        let key, value;
        [chances, key, value] = result;
        if (t < context - 1) [keys[t], values[t], absent[t]] = [key, value, 0];
    });
    return chances;
}
const allowed = text => [...text.toLowerCase()].filter(letter => data.letters.includes(letter))
    .slice(0, context - 2).join("");

function next() {
    const name = allowed(find("begin").value);
    if (name !== find("begin").value) find("begin").value = name;
    const chances = probabilities(name);
    const order = chances.map((_, i) => i).sort((i, j) => chances[j] - chances[i]);
    document.querySelectorAll(".bar").forEach((bar, rank) => {
        const token = order[rank], percent = 100 * chances[token];
        bar.children[0].textContent = token === END ? "the end" : name + data.letters[token - 1];
        bar.querySelector("rect").setAttribute("width", percent.toFixed(2));
        bar.children[2].textContent = `${number(percent, percent < 10 ? 1 : 0)} %`;
    });
}
function makeUp() {
    let name = allowed(find("begin").value);
    while (name.length + 1 < context) {
        const weights = probabilities(name).map(p => p ** (1 / data.temperature));
        let rest = Math.random() * weights.reduce((a, b) => a + b);
        const token = weights.findIndex(weight => (rest -= weight) < 0);
        if (token <= END) break;
        name += data.letters[token - 1];
    }
    tell("made", `It makes up: ${name}`);
}
find("begin").addEventListener("input", next);
find("make").addEventListener("click", makeUp);

radio();
begin();
next();
