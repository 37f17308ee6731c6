// ── Training ─────────────────────────────────────────────────────────────────────────────────────

let trainingNow = false, lastTick = 0, owed = 0, drawing = 0;

function stopTraining(because = "") {
  const wasTraining = trainingNow;
  trainingNow = false;
  if (wasTraining) { source.settle(); changed(); }
  const button = byId("train-play");
  setText(button, "▶ Train");
  button.setAttribute("aria-pressed", false);
  setText(byId("diverged"), because);
}

/** Some steps, or as many as there is time for; only the last one is drawn. They may take as long
 *  as drawing it does. */
function trainSteps(count) {
  const end = performance.now() + Math.max(16, drawing);
  for (let k = 0; k < count && (k === 0 || performance.now() < end); k++) {
    const sentence = source.train();
    if (sentence) { stopTraining(sentence); break; }
  }
  const done = performance.now();
  source.refresh();
  retake();
  drawing = performance.now() - done;
}

function trainTick(time) {
  if (!trainingNow) return;
  owed = Math.min(owed + (time - lastTick) / 1000 * byId("train-speed").value, 2000);
  lastTick = time;
  const count = Math.floor(owed);
  owed -= count;
  if (count) trainSteps(count);
  requestAnimationFrame(trainTick);
}

function makeTraining() {
  const on = (id, act) => byId(id).addEventListener("click", act);
  on("train-step", () => { stopTraining(); trainSteps(1); source.settle(); });
  on("train-play", () => {
    if (trainingNow) { stopTraining(); return; }
    stopTraining();
    trainingNow = true;
    setText(byId("train-play"), "❚❚ Pause");
    byId("train-play").setAttribute("aria-pressed", true);
    lastTick = performance.now();
    owed = 1;
    requestAnimationFrame(trainTick);
  });
  on("train-reset", () => {
    stopTraining();
    source.reset();
    if (hasPlane) range = ranges();
    retake();
  });
  on("train-new", () => { stopTraining(); source.restart(); retake(); });
  const lr = byId("train-lr");
  lr.value = source.lr;
  const isRate = (x) => x >= 0 && Number.isFinite(x);
  numberField(lr, (x) => { source.lr = x; }, () => { lr.value = source.lr; }, isRate,
    "a learning rate: a number, 0 or more");
  byId("train-batch").addEventListener("change", (event) => {
    source.oneByOne = event.target.value === "one";
    source.next = source.shown;
    changed();
  });
  const can = page.live.trained.length > 0;
  byId("learning").hidden = !can;
}

function retake() {
  changed();
  if (turning) take(turning.knob);
}

function showLearning() {
  source.note();
  const { curve, each, steps, samples } = source, now = source.mean();
  const few = each.length === curve.length && samples.length > 1;
  setText(byId("train-now"), `${steps} step${steps === 1 ? "" : "s"} · mean loss ` +
    `${steady(now)}`);
  const what = source.oneByOne
    ? `A step follows the gradient of one sample at a time; next is sample ${
      source.next % samples.length + 1} of ${samples.length}.`
    : `A step follows the gradient of the mean loss of all ${samples.length} samples.`;
  setText(byId("train-what"), samples.length > 1 ? what : "");
  const high = source.high || 1;
  const last = curve.length - 1, n = Math.max(last, 20), skip = Math.ceil(curve.length / 700);
  const x = (t) => 4 + 292 * t / n, y = (loss) => 78 - 60 * Math.min(loss, high) / high;
  const path = (lossAt) => {
    let text = "", pen = "M";
    for (let t = 0; ; t = Math.min(t + skip, last)) {
      const loss = lossAt(t), isFinite = Number.isFinite(loss);
      if (isFinite) text += `${pen}${x(t).toFixed(1)} ${y(loss).toFixed(1)}`;
      pen = isFinite ? "L" : "M";
      if (t === last) return text;
    }
  };
  const lines = few ? samples.map((_, k) => make("path", {
    class: k === source.shown ? "each shown" : "each",
    d: path((t) => each[t][k]) })) : [];
  byId("learning-curve").replaceChildren(
    make("line", { x1: 4, x2: 296, y1: 78, y2: 78 }), ...lines,
    make("path", { class: "mean", d: path((t) => curve[t]) }),
    ...Number.isFinite(now) ? [make("circle", { cx: x(last), cy: y(now), r: 4 })] : [],
    make("text", { x: 4, y: 10 }, short(high)), make("text", { x: 4, y: 91 }, "0"),
    make("text", { x: 296, y: 91, class: "end" }, `${n} steps`));
}
