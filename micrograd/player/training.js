// ── Training ─────────────────────────────────────────────────────────────────────────────────────

let losses, marker;

function drawCurve() {
  losses = Array.from({ length: source.frames },
    (_, frame) => size(model.number(model.root.data, frame)));
  const finite = losses.filter(Number.isFinite);
  let low = Math.min(...finite), high = Math.max(...finite);
  const logarithmic = low > 0 && high / low > 50;
  const scale = logarithmic ? Math.log10 : (x) => x;
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  const x = (t) => 8 + 324 * (source.frames > 1 ? t / (source.frames - 1) : 0.5);
  const y = (loss) => 112 - 96 * (scale(loss) - scale(low)) / (scale(high) - scale(low));
  let path = "", pen = "M";
  losses.forEach((loss, t) => {
    if (!Number.isFinite(loss)) { pen = "M"; return; }
    path += `${pen}${x(t).toFixed(1)} ${y(loss).toFixed(1)}`;
    pen = "L";
  });
  const curve = byId("curve");
  const now = make("line", { class: "now", y1: 14, y2: 116 }), dot = make("circle", { r: 4.5 });
  const axis = make("line", { x1: 8, x2: 332, y1: 116, y2: 116 });
  curve.append(axis, make("path", { d: path }), now, dot);
  if (finite.length) {
    const above = `${short(Math.max(...finite))}${logarithmic ? " (logarithmic)" : ""}`;
    curve.append(make("text", { x: 8, y: 10 }, above),
      make("text", { x: 8, y: 130 }, short(Math.min(...finite))));
  }
  setText(byId("loss"), `${model.root.name} over the training`);
  marker = () => {
    now.setAttribute("x1", x(model.frame)); now.setAttribute("x2", x(model.frame));
    dot.setAttribute("cx", x(model.frame));
    dot.setAttribute("cy", Number.isFinite(losses[model.frame]) ? y(losses[model.frame]) : 116);
  };
  const go = (event) => {
    const box = curve.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width * 340 - 8) / 324;
    transports[0].go(Math.round(at * (source.frames - 1)));
  };
  curve.addEventListener("pointerdown", go);
  curve.addEventListener("pointermove", (event) => { if (event.buttons) go(event); });
}

function showTraining() {
  marker();
  setText(byId("caption"), page.captions[model.frame]);
}

