// ── The explanation ──────────────────────────────────────────────────────────────────────────────

const MOST = 60;                                        // rows that one still reads

function line(...parts) { return make("span", { class: "line" }, ...parts); }
function result(x) { return make("span", { class: "result" }, short(x)); }

/** The rule with names, then with numbers, then what comes of it. */
function told(start, formula, x) {
  const lines = [];
  if (formula) {
    const [tokens, why] = formula;
    const numbers = written(tokens);
    lines.push(line(...start, ...written(tokens, named), " "));
    if (why.length) {
      lines[0].append(make("span", { class: "quiet" }, "as ", ...written(why, named), " "));
    }
    if (numbers.join("") !== short(x)) lines.push(line("= ", ...numbers, " "));
    lines.push(line("= ", result(x)));
  } else lines.push(line(...start, result(x)));
  return lines;
}

function forwardRows(turn) {
  return turn.made.map((i) => {
    const value = model.values.get(i), x = model.number(value.data);
    const lines = told([named(value), " = "], model.formula(turn.forward), x);
    return make("div", { class: "row" }, ...lines);
  });
}

function backwardRows(rows) {
  let asked = false;
  return rows.map((row) => {
    if (model.hidden.has(row)) {                        // one question at a time
      if (!asked) { asked = true; return question(row); }
      return make("div", { class: "row" }, line(named(model.values.get(row.x), true), " += ?"));
    }
    const value = model.values.get(row.x), formula = model.formula(row.backward);
    const amount = model.number(row.amount), sum = model.number(row.sum);
    const of = value.receipts.length, additions = `${row.nth} of ${of} additions`;
    const state = row.nth < of ? additions : of > 1 ? `complete: ${additions}`
      : formula ? "complete: it is used once" : "complete";
    return make("div", { class: `row ${sign(amount)}` },
      ...told([named(value, true), " += "], formula, amount),
      make("span", { class: "after" }, ` ${short(model.before(row))} → ${short(sum)} · ${state}`));
  });
}

/** What the step is about, in a sentence. */
function sentence() {
  const { turn, root } = model;
  if (model.isResting) {
    const { value } = turning, times = value.receipts.length;
    return [named(value), times > 1 ? ` is used ${times} times, and the rules add to its gradient:`
      : " is used once, and the rule there makes its gradient:"];
  }
  if (model.step === 0) return ["The leaves are given. All else is yet to be computed."];
  if (!turn) {
    return ["How much does ", named(root), " change per unit of ", named(root),
            "? Backward begins with the answer, 1."];
  }
  const node = nodes.get(turn.node), out = model.values.get(turn.made[0]);
  if (node.kind === "box") {
    const does = model.isBackward ? "passes on what came to it, through all that is inside."
      : "computes all that is inside.";
    return [make("bdi", {}, node.title), ` ${does}`];
  }
  const symbol = make("bdi", {}, node.texts[0].textContent);
  return model.isBackward
    ? ["The rule of ", symbol, " passes on ", named(out, true),
       ` = ${short(model.gradient(out))}.`]
    : ["The operation ", symbol, " makes ", named(out), "."];
}

function showPanel() {
  const { turn, step, seedStep } = model;
  let phase = "Start", rows = [];
  if (model.isResting) {
    phase = "Chain rule";
    rows = backwardRows(turning.value.receipts.map((receipt) => receipt.row));
  } else if (step === seedStep) {
    phase = "Seed";
    rows.push(make("div", { class: "row positive" },
      ...told([named(model.root, true), " = "], null, 1)));
  } else if (turn) {
    const [direction, nth] = model.isBackward ? ["Backward", step - seedStep] : ["Forward", step];
    phase = `${direction} ${nth} of ${model.turns.length}`;
    rows = model.isBackward ? backwardRows(turn.rows) : forwardRows(turn);
  }
  const more = rows.length - MOST;
  if (more > 0) rows.splice(MOST, more, make("p", { class: "quiet" }, `and ${more} more`));
  setText(byId("phase"), phase);
  byId("headline").replaceChildren(...sentence());
  byId("rows").replaceChildren(...rows);
  if (isAlive) setText(byId("fault"), model.source.fault ? `No number: ${model.source.fault}` : "");
}

/** What a screen reader is told of a step: every row of it; but not while it plays. */
function announce() {
  const parts = [byId("phase"), byId("headline"), ...byId("rows").children];
  if (!byId("training").hidden) parts.push(byId("loss"), byId("caption"));
  const texts = parts.map((part) => part.textContent.trim()).filter(Boolean);
  setText(byId("live"), playing ? "" : texts.join(". ").replaceAll("..", "."));
}

function showDetails() {
  const node = pointedAt;
  if (!node) {
    byId("details").replaceChildren(make("p", { class: "quiet" }, "Point at a box, or go to it " +
      "with the tab key and the arrows: here are all its digits and its formula." + (isAlive
      ? " Drag an underlined number to turn it; the arrow keys turn it, too, and Enter lets you " +
        "type it." : "")));
    return;
  }
  const value = node.kind === "op" ? model.values.get(node.turns[0].made[0]) : node.value;
  const list = make("dl");
  const tell = (term, ...parts) => list.append(make("dt", {}, term), make("dd", {}, ...parts));
  if (!value) {
    tell("closed box", make("bdi", {}, node.title));
    tell("hides", node.texts.slice(2, -1).map((note) => note.textContent).join(", "));
    if (node.turns.some((turn) => turn.norm !== null)) tell("‖grad‖", full(model.norm(node.turns)));
    for (const i of node.turns.flatMap((turn) => turn.made).slice(0, MOST)) {
      const out = model.values.get(i);
      tell("result", named(out), " = ", full(model.data(out)));
    }
  } else {
    tell(value.role, named(value), value.name === value.id ? "" : ` (${value.id})`);
    if (value.turn !== undefined) {
      const formula = model.formula(model.turns[value.turn].forward);
      if (formula) {
        tell("formula", ...written(formula[0], named));
        if (model.isKnown(value)) tell("", "= ", ...written(formula[0]));
      }
    }
    tell("data", full(model.data(value)));
    if (value.role !== "constant") {
      tell("grad", full(model.gradient(value)));
      const of = value.receipts.length;
      if (model.step >= model.seedStep && of) {
        tell("", `${model.received(value)} of ${of} additions`);
      }
    }
  }
  byId("details").replaceChildren(list);
}
