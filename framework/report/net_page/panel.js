// The panel about a layer or a group: facts, fields, differences, histograms of weights.
function fillPanel(id) {
  const about = aboutBox(id);
  const close = html("button", "✕", { type: "button", class: "close", "aria-label": "Close" });
  close.addEventListener("click", () => closePanel());
  const parts = [close, html("h2", about.name),
    html("p", [about.type === "group" ? "Group of layers" : about.type, about.status]
      .filter(Boolean).join(" · "), { class: "kind" })];
  if (id < 0) {
    const { facts, like } = about.group;
    const rows = Object.entries(facts).filter(([name]) => name !== "short");
    if (like > 1) rows.push(["alike", `${like} groups have these types of layers`]);
    parts.push(foldButton(-1 - id, "Unfold"), tableOf("", rows));
  } else {
    parts.push(...groupsAround[id].map((group) => foldButton(group, "Fold")));
    if (about.changes && about.changes.length) parts.push(changesOf(about.changes));
    parts.push(tableOf("", about.facts));
    if (about.fields.length) parts.push(tableOf("Fields", about.fields));
    for (const blob of about.weights || []) parts.push(histogram(blob));
  }
  panel.replaceChildren(...parts);
  panel.hidden = false;
  panel.scrollTop = 0;
}

function foldButton(group, word) {
  const button = html("button", `${word} ${net.groups[group].name}`,
    { type: "button", class: "folds" });
  button.addEventListener("click", () => toggle(group));
  return button;
}

function tableOf(title, rows) {
  const part = document.createElement("div");
  if (title) part.append(html("h3", title));
  const table = part.appendChild(document.createElement("table"));
  if (title) table.setAttribute("aria-label", title);
  for (const [name, value] of rows) {
    const row = table.insertRow();
    row.append(html("th", "", { scope: "row" }), html("td"));
    [name, value].forEach((text, cell) => row.cells[cell].append(...broken(text)));
  }
  return part;
}

// A path or a field, which may go on in the next line after a dot, a slash or a _.
function broken(text) {
  return text.split(/(?<=[._/])/).flatMap((piece) => [piece, document.createElement("wbr")]);
}

function changesOf(changes) {
  const part = document.createElement("div");
  part.append(html("h3", "Differences"));
  const table = part.appendChild(html("table", "", { "aria-label": "Differences" }));
  for (const [name, before, after] of changes) {
    const row = table.insertRow();
    row.append(html("th", "", { scope: "row" }));
    row.cells[0].append(...broken(name));
    const cell = row.insertCell();
    cell.append(html("del", before || "not set"), " → ", html("ins", after || "not set"));
  }
  return part;
}

function histogram(blob) {
  const part = document.createElement("div");
  part.append(html("h3", `Weights: ${blob.name}`));
  if (blob.problem) part.append(html("p", blob.problem, { class: "numbers" }));
  if (blob.bars) {
    const numbers = `${round(blob.low)} to ${round(blob.high)}, mean ${round(blob.mean)}, `
      + `standard deviation ${round(blob.deviation)}, ${blob.zeros} zeros of ${blob.count}`;
    const most = Math.max(...blob.bars);
    const chart = svg("svg", { class: "bars", viewBox: `0 0 ${blob.bars.length} 100`,
      preserveAspectRatio: "none", role: "img", "aria-label": `Histogram: ${numbers}` });
    blob.bars.forEach((count, index) => {
      const height = count ? Math.max(1, 100 * count / most) : 0;
      chart.append(svg("rect", { x: index + 0.05, y: 100 - height, width: 0.9, height }));
    });
    part.append(chart, html("p", numbers, { class: "numbers" }));
  }
  if (blob.not_finite) {
    part.append(html("p", `${blob.not_finite} values are NaN or infinite`, { class: "numbers" }));
  }
  return part;
}

const round = (value) => String(Number(value.toPrecision(3)));
