// ── Begin ────────────────────────────────────────────────────────────────────────────────────────

function legend() {
  const shown = [...model.values.values()].filter((value) => value.box);
  const roles = [...new Set(shown.map((value) => value.role))];
  if (graph.others.some((node) => !node.symbol)) roles.push("closed box");
  const list = byId("legend");
  list.replaceChildren();
  const add = (sample, words) => list.append(make("li", {}, sample, words));
  for (const role of roles) add(make("i", { class: role.split(" ")[0] }), role);
  const arrow = (looks, words) => add(make("svg", { class: `arrow ${looks}`, viewBox: "0 0 26 10",
    "aria-hidden": true }, make("path", { d: "M0 5H26" })), words);
  arrow("positive", "gradient above 0");
  arrow("negative", "below 0");
  if (graph.others.some((node) => !node.symbol)) arrow("mixed", "of both signs");
  arrow("zero", "0");
  if (source.hasNaN) arrow("nan", "NaN");
}

function begin() {
  const title = { film: "Training", live: "The knobs" }[page.kind] ?? "Backpropagation";
  openGraph(isAlive ? sameDepth(source.key) : page.open);
  byId("title").replaceChildren(`${title} of `, make("bdi", {}, model.root.name));
  document.title = `${title} of ${model.root.name}`;
  const PHASES = [" · forward", " · seed", " · backward"];
  let training;
  if (isFilm) {
    byId("training").hidden = byId("film-keys").hidden = false;
    const { frames } = model.source;
    training = transport("training step", () => frames - 1, () => model.frame,
      (to) => show(model.step, to), () => `Training ${model.frame + 1} of ${frames}`,
      [2, 5, 10, 30, 60], 10);
    drawCurve();
  }
  const steps = transport("step", () => model.lastStep, () => model.step, (to) => show(to),
    () => `Step ${model.step} of ${model.lastStep}` +
      PHASES[Math.sign(model.step - model.seedStep) + 1],
    [0.25, 0.5, 1, 2, 5, 20], 1);
  if (isAlive) {
    source.use(graph);
    makeKnobs();
    makeTraining();
    makePlane();
    makeData();
    makePredict();
  }
  keyboard(steps, training);
  listen();
  sizes();
  arrange();
  fromAddress();
  if (isAlive) rest();
  addEventListener("hashchange", fromAddress);
}
begin();
