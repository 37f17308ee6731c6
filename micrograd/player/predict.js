// ── Predict ──────────────────────────────────────────────────────────────────────────────────────
// The page hides the next number of the chain rule and asks for it. It counts nothing and praises
// nobody; a wrong answer is explained.

let predict = null, hiddenAt = -1;

function makePredict() {
  predict = make("input", { type: "checkbox", id: "predict" });
  byId("phase").after(make("label", {
    class: "switch", title: "Ask me for each number before it is shown" }, predict, " Predict"));
  predict.addEventListener("change", () => {
    stopTraining();
    hiddenAt = -1;
    const early = model.step <= model.seedStep || model.step === model.lastStep;
    show(predict.checked && early ? model.seedStep + 1 : model.step);
    showKnob();
  });
}

/** In a new step, hide what the rule adds. A closed box has no rule of its own. */
function hideRows() {
  const at = predict?.checked && model.isBackward ? model.step : -1;
  if (at === hiddenAt && model.asks === at) return;     // of another graph, all is to be asked
  hiddenAt = model.asks = at;
  const rows = at < 0 ? [] : model.turn.rows.filter((row) => row.backward !== null);
  model.hidden = new Set(rows);
}

/** Show a row that was hidden, and ask for the next. */
function reveal(row) {
  model.hidden.delete(row);
  updateGraph(model.step);
  showPanel();
  showDetails();
  showKnob();
  byId("rows").querySelector("input")?.focus();
}

/** What is wrong with an answer, as the exercises and `check_gradients` say it. */
function diagnosis(answer, row) {
  const right = size(model.number(row.amount)), g = size(model.gradient(
    model.values.get(model.turn.made[0])));
  const close = (x) => Math.abs(answer - x) <= Math.max(0.006 * Math.abs(x), 6e-4);
  if (close(right)) return "";
  if (close(-right)) return "The sign is wrong.";
  const sum = size(model.number(row.sum));
  if (row.nth > 1 && close(sum)) {
    return "That is the gradient after this step. Asked for is what the rule adds to it.";
  }
  for (const [name, words] of [
    ["input", "The rule uses the input where it should use the output."],
    ["output", "The rule uses the output where it should use the input."],
    ["swapped", "The gradients of the two inputs are swapped."]]) {
    if (row[name] !== undefined && close(model.number(row[name]))) return words;
  }
  if (g && right && close(right / g)) {
    return "The rule forgets g, the gradient of the output.";
  }
  if (answer === 0) return "The answer is 0: nothing gets through.";
  for (const factor of [2, 0.5, 3, 1 / 3, 4, 0.25, 10, 0.1]) {
    if (right && close(factor * right)) {
      return `The answer is ${short(factor)} times the right one: a factor is wrong.`;
    }
  }
  return "It is the local derivative times the gradient of the output: look at the rule.";
}

/** A question in the place of a row's number. */
function question(row) {
  const value = model.values.get(row.x), out = model.values.get(model.turn.made[0]);
  const field = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: 9,
                                "aria-label": `What the rule adds to ${value.name}.grad` });
  const verdict = make("span", { class: "verdict", role: "status" });
  const check = make("button", { type: "button" }, "Check");
  const give = make("button", { type: "button" }, "Show me");
  const answer = () => {
    const x = parsed(field.value);
    const wrong = Number.isFinite(x) ? diagnosis(x, row) : refusal(field.value);
    if (wrong) setText(verdict, wrong);
    else reveal(row);
  };
  check.addEventListener("click", answer);
  give.addEventListener("click", () => reveal(row));
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") answer(); });
  const inputs = model.turn.inputs.map((i) => model.values.get(i))
    .filter((x) => x.role !== "constant");
  const known = [...inputs.map((x) => [named(x), ` = ${short(model.number(x.data))}`]),
                 [named(out), ` = ${short(model.number(out.data))}`],
                 [named(out, true), ` = ${short(model.gradient(out))}`]];
  return make("div", { class: "row question" },
    line(named(value, true), " += ", field, " ", check, " ", give),
    make("span", { class: "after" }, ...known.flatMap((parts, k) => k ? [", ", ...parts] : parts)),
    verdict);
}
