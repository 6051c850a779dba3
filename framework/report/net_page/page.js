// The page of a net: what is folded, the drawing, the view, the panel, search and keys.
// Text of the net reaches the page through textContent and setAttribute only.
const net = JSON.parse(document.getElementById("net").textContent);
const byId = (id) => document.getElementById(id);
const view = byId("view"), scene = byId("scene"), panel = byId("panel");
const BEFORE = 1, AFTER = 2, SIDE_GAP = 120;
const FAR = 0.3;                // a scale at which texts are not legible
const SIDES = net.compared ? [BEFORE, AFTER] : [AFTER];
const search = byId("search"), found = byId("found");
const folded = new Set(net.folded);
const groupsAround = net.nodes.map(() => []);     // of each layer, outermost first
net.groups.forEach((group, index) => {
  for (let node = group.first; node < group.end; node++) groupsAround[node].push(index);
});
const texts = net.nodes.map((node) => JSON.stringify(
  [node.name, node.type, node.facts.map((fact) => fact[1]), node.fields]).toLowerCase());

let shown = null;               // boxes, edges, layout, elements, and where each layer is
let chosen = null;              // id of the chosen box: index of a layer, or -1 - index of a group
let matches = [], matchIndex = -1;
let scale = 1, panX = 0, panY = 0;

function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function html(name, text, attributes = {}) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

function shortened(text, letters) {
  if (text.length <= letters) return text;
  const head = Math.floor(letters / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (letters - head - 1))}`;
}

// ---- what is seen

function boxIdOf(node) {
  const outermost = groupsAround[node].find((group) => folded.has(group));
  return outermost === undefined ? node : -1 - outermost;
}

function seen() {
  const ids = [], position = new Map(), where = [];
  net.nodes.forEach((_, node) => {
    const id = boxIdOf(node);
    if (!position.has(id)) {
      position.set(id, ids.length);
      ids.push(id);
    }
    where.push(position.get(id));
  });
  const edges = new Map();        // from box, to box, and in which net: BEFORE, AFTER or both
  net.edges.forEach(([maker, reader], index) => {
    const key = `${where[maker]} ${where[reader]}`;
    const side = edges.has(key) ? edges.get(key)[2] : 0;
    if (where[maker] !== where[reader]) {
      edges.set(key, [where[maker], where[reader], side | (net.sides[index] || AFTER)]);
    }
  });
  return { ids, position, where, edges: [...edges.values()] };
}

function aboutBox(id) {
  if (id >= 0) return net.nodes[id];
  const group = net.groups[-1 - id];
  const members = net.nodes.slice(group.first, group.end);
  return { name: group.name, type: "group", colour: "#5c6670", detail: group.facts.short,
    status: statusOf(members), before: `${members.length} layers of both`, group };
}

function statusOf(members) {
  const all = new Set(members.map((member) => member.status || ""));
  if (all.size === 1) return [...all][0];
  return "changed";
}

// ---- drawing
// Two nets are laid out as one and drawn twice, so that a layer is at the same height in both;
// the box that is focused is that of the second net, or the first if only that one has it.

function draw() {
  shown = seen();
  const layout = shown.layout = layOut(shown.ids.length, shown.edges);
  shown.width = layout.x.reduce((a, b) => Math.max(a, b), 0) + WIDTH / 2;
  shown.about = shown.ids.map(aboutBox);
  shown.linkSides = sidesOfLinks(layout);
  byId("edges").setAttribute("d", pathOf(layout.links));
  byId("arrows").setAttribute("d", SIDES.map(arrowPath).join(""));
  shown.elements = new Map();
  byId("boxes").replaceChildren();
  byId("others").replaceChildren(...net.compared ? [
    svg("text", { class: "side", x: 0, y: -18 }, net.path),
    svg("text", { class: "side", x: shiftOf(AFTER), y: -18 }, net.compared)] : []);
  drawFar();
  drawFrames();
  shown.near = new Set();
  markMatches();
  place();
  choose(chosen !== null && shown.position.has(chosen) ? chosen : null);
}

const yOf = (item) => shown.layout.rows[item] * (HEIGHT + ROW_GAP);

const sideOf = (box) => net.compared && shown.about[box].status === "removed" ? BEFORE : AFTER;
const shiftOf = (side) => net.compared && side === AFTER ? shown.width + SIDE_GAP : 0;

// In which nets each piece of an edge is: those of the edges that go through it.
function sidesOfLinks(layout) {
  const pieces = new Map(), sides = new Map();
  for (const link of layout.links) {
    pieces.set(link[1], [...pieces.get(link[1]) || [], link]);
    sides.set(link, 0);
  }
  const makers = new Map();       // of each lane, the box that it starts at
  for (const [upper, lower] of layout.links) {
    if (lower >= layout.numBoxes) makers.set(lower, makers.has(upper) ? makers.get(upper) : upper);
  }
  for (const [maker, reader, side] of shown.edges) {
    let item = reader;
    while (item !== maker) {
      const link = (pieces.get(item) || []).find(([upper]) =>
        upper === maker || makers.get(upper) === maker);
      if (!link) break;
      sides.set(link, sides.get(link) | side);
      [item] = link;
    }
  }
  return sides;
}

function pathOf(links) {
  return SIDES.map((side) => links.filter((link) => shown.linkSides.get(link) & side)
    .map((link) => linkPath(shown.layout, link, shiftOf(side))).join("")).join("");
}

function arrowPath(side) {
  const { layout } = shown;
  const ends = new Set(layout.links.filter((link) => link[1] < layout.numBoxes
    && shown.linkSides.get(link) & side).map((link) => link[1]));
  return [...ends].map((box) =>
    `M${layout.x[box] + shiftOf(side) - 4} ${yOf(box) - 7}h8l-4 7z`).join("");
}

function linkPath(layout, [upper, lower], shift) {
  const x = layout.x[upper] + shift, y = yOf(upper) + HEIGHT;
  const endX = layout.x[lower] + shift, endY = yOf(lower);
  const middle = (y + endY) / 2;
  const lane = lower >= layout.numBoxes ? `v${HEIGHT}` : "";
  return `M${x} ${y}C${x} ${middle} ${endX} ${middle} ${endX} ${endY}${lane}`;
}

function boxElement(box, side) {
  const id = shown.ids[box], about = shown.about[box];
  const isGroup = id < 0;
  const detail = net.compared && side === BEFORE && about.before || about.detail;
  const left = shown.layout.x[box] - WIDTH / 2 + shiftOf(side);
  const element = svg("g", { class: `box ${isGroup ? "group" : ""} ${about.status || ""}`,
    transform: `translate(${left} ${yOf(box)})`, role: "button",
    tabindex: "-1", "data-id": id,
    "aria-label": [about.name, about.type === "group" ? "group, folded" : "", detail,
      about.status].filter(Boolean).join(", ") });
  if (isGroup) {
    element.setAttribute("aria-expanded", "false");
    element.append(svg("rect", { class: "shadow", x: 4, y: 4, width: WIDTH, height: HEIGHT }));
  }
  element.append(svg("title", {}, `${about.name}\n${detail}`),
    svg("rect", { class: "body", width: WIDTH, height: HEIGHT }),
    svg("rect", { width: 5, height: HEIGHT, rx: 2, fill: about.colour }),
    svg("text", { class: "name", x: 12, y: 18, "clip-path": "url(#inside)" },
      (isGroup ? "▸ " : "") + shortened(about.name, isGroup ? 21 : 23)),
    svg("text", { class: "detail", x: 12, y: 35, "clip-path": "url(#inside)" }, shortened(detail, 32)));
  return element;
}

// Only boxes in sight are elements: 1,400 of them would take a second to paint.
function showBoxes() {
  const left = -panX / scale - WIDTH, right = (view.clientWidth - panX) / scale + WIDTH;
  const top = -panY / scale - HEIGHT, bottom = (view.clientHeight - panY) / scale + HEIGHT;
  const wanted = new Map();
  shown.ids.forEach((_, box) => {
    const y = yOf(box);
    if (y < top || y > bottom || scale < FAR) return;
    for (const side of sidesOf(box)) {
      const x = shown.layout.x[box] + shiftOf(side);
      if (x > left && x < right) wanted.set(`${box} ${side}`, [box, side]);
    }
  });
  for (const [key, element] of shown.elements) {
    if (wanted.has(key) || element === document.activeElement) continue;
    element.remove();
    shown.elements.delete(key);
  }
  for (const [key, [box, side]] of wanted) {
    if (shown.elements.has(key)) continue;
    const element = boxElement(box, side);
    shown.elements.set(key, element);
    byId(side === sideOf(box) ? "boxes" : "others").append(element);
  }
  markBoxes();
}

function sidesOf(box) {
  const { status } = shown.about[box];
  return SIDES.filter((side) => status !== (side === BEFORE ? "added" : "removed"));
}

function elementOf(box) {
  return shown.elements.get(`${box} ${sideOf(box)}`);
}

// From afar boxes are a few paths without texts.
function drawFar() {
  const bodies = new Map(), edges = new Map();
  const add = (paths, key, path) => paths.set(key, (paths.get(key) || "") + path);
  shown.ids.forEach((id, box) => {
    const about = shown.about[box];
    add(bodies, `box ${id < 0 ? "group" : ""} ${about.status || ""}`, farPath(box, WIDTH));
    add(edges, about.colour, farPath(box, 12));
  });
  byId("far").replaceChildren(
    ...[...bodies].map(([kind, d]) => {
      const part = svg("g", { class: kind });
      part.append(svg("path", { class: "body", d }));
      return part;
    }),
    ...[...edges].map(([fill, d]) => svg("path", { fill, d })),
    svg("path", { id: "farMatches" }), svg("path", { id: "farChosen" }));
}

function farPath(box, width) {
  return sidesOf(box).map((side) => `M${shown.layout.x[box] - WIDTH / 2 + shiftOf(side)} `
    + `${yOf(box)}h${width}v${HEIGHT}h${-width}z`).join("");
}

// The box at a point of the screen, or undefined.
function boxAt(event) {
  const element = event.target.closest(".box[data-id]");
  if (element) return shown.position.get(Number(element.dataset.id));
  if (scale >= FAR) return undefined;
  const frame = view.getBoundingClientRect();
  const x = (event.clientX - frame.left - panX) / scale;
  const y = (event.clientY - frame.top - panY) / scale;
  return shown.ids.map((_, box) => box).find((box) => y >= yOf(box) && y <= yOf(box) + HEIGHT && sidesOf(box)
    .some((side) => Math.abs(x - shown.layout.x[box] - shiftOf(side)) <= WIDTH / 2));
}

// An open group gets a frame where no other box is in it.
function drawFrames() {
  const frames = [];
  net.groups.forEach((group, index) => {
    if (folded.has(index) || isHidden(index)) return;
    const inside = new Set(shown.where.slice(group.first, group.end));
    // groups inside it that begin with it: their labels are under its own
    const inner = groupsAround[group.first].filter((other) => other > index
      && net.groups[other].first === group.first && !folded.has(other)).length;
    const edge = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
    for (const box of inside) {
      edge.left = Math.min(edge.left, shown.layout.x[box] - WIDTH / 2);
      edge.right = Math.max(edge.right, shown.layout.x[box] + WIDTH / 2);
      edge.top = Math.min(edge.top, yOf(box));
      edge.bottom = Math.max(edge.bottom, yOf(box) + HEIGHT);
    }
    const free = shown.ids.every((_, box) => inside.has(box)
      || shown.layout.x[box] + WIDTH / 2 <= edge.left || shown.layout.x[box] - WIDTH / 2 >= edge.right
      || yOf(box) + HEIGHT <= edge.top || yOf(box) >= edge.bottom);
    if (!free) return;
    const status = statusOf(net.nodes.slice(group.first, group.end));
    for (const side of SIDES) {
      if (status === (side === BEFORE ? "added" : "removed")) continue;
      frames.push(frameElement(group, index, { ...edge, left: edge.left + shiftOf(side),
        right: edge.right + shiftOf(side) }, inner));
    }
  });
  byId("frames").replaceChildren(...frames);
}

const isHidden = (index) => {
  for (let around = net.groups[index].parent; around >= 0; around = net.groups[around].parent) {
    if (folded.has(around)) return true;
  }
  return false;
};

function frameElement(group, index, edge, inner) {
  const margin = 8 + 3 * Math.min(inner, 2);
  const element = svg("g", { class: "frame", "data-group": index });
  element.append(svg("rect", { x: edge.left - margin, y: edge.top - margin - 6,
    width: edge.right - edge.left + 2 * margin, height: edge.bottom - edge.top + 2 * margin + 6 }));
  const label = svg("text", { x: edge.right + margin + 6, y: edge.top + 6 - 14 * inner },
    `▾ ${shortened(group.name, 30)}`);
  label.append(svg("title", {}, `Fold ${group.name}`));
  element.append(label);
  return element;
}

// ---- choosing a box

function choose(id, focus = false) {
  chosen = id;
  shown.near = new Set();
  const box = id === null ? -1 : shown.position.get(id);
  for (const [maker, reader] of shown.edges) {
    if (maker === box) shown.near.add(reader);
    if (reader === box) shown.near.add(maker);
  }
  byId("lit").setAttribute("d", id === null ? "" : litPath(box));
  byId("farChosen").setAttribute("d", id === null ? "" : farPath(box, WIDTH));
  if (id === null) panel.hidden = true;
  else fillPanel(id);
  if (focus && id !== null) {
    intoSight(box);
    showBoxes();
    elementOf(box).focus({ preventScroll: true });
  } else {
    markBoxes();
  }
}

// What is chosen, beside it, and found; one box is in the order of the Tab key.
function markBoxes() {
  const matching = new Set(matches.map((node) => shown.where[node]));
  const stop = chosen === null ? Math.min(...[...shown.elements.keys()].map(parseFloat))
    : shown.position.get(chosen);
  for (const [key, element] of shown.elements) {
    const box = parseFloat(key);
    element.classList.toggle("chosen", shown.ids[box] === chosen);
    element.classList.toggle("near", shown.near.has(box));
    element.classList.toggle("match", matching.has(box));
    element.setAttribute("tabindex", box === stop && element === elementOf(box) ? "0" : "-1");
  }
}

// The links of all edges from and to a box; those to it are followed up to their makers.
function litPath(box) {
  const { layout } = shown;
  const below = new Map(), above = new Map();
  for (const link of layout.links) {
    below.set(link[0], [...below.get(link[0]) || [], link]);
    above.set(link[1], [...above.get(link[1]) || [], link]);
  }
  const lit = [];
  const follow = (item, links, end) => {
    for (const link of links.get(item) || []) {
      lit.push(link);
      if (link[end] >= layout.numBoxes) follow(link[end], links, end);
    }
  };
  follow(box, below, 1);
  follow(box, above, 0);
  return pathOf(lit);
}

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

function closePanel() {
  const box = chosen;
  choose(null);
  const element = box === null ? undefined : elementOf(shown.position.get(box));
  if (element) element.focus({ preventScroll: true });
}

// ---- folding

function toggle(group) {
  const anchor = chosen === null ? net.groups[group].first : Math.max(chosen, -1);
  const before = screenOf(shown.where[anchor >= 0 ? anchor : net.groups[group].first]);
  if (folded.has(group)) folded.delete(group); else folded.add(group);
  draw();
  const id = boxIdOf(net.groups[group].first);
  const after = screenOf(shown.position.get(id));
  panX += before.x - after.x;         // what was folded stays where it was on the screen
  panY += before.y - after.y;
  place();
  choose(id, true);
}

function foldAll(fold) {
  folded.clear();
  if (fold) net.groups.forEach((_, index) => folded.add(index));
  draw();
  fit();
}

function reveal(node) {
  const around = groupsAround[node].filter((group) => folded.has(group));
  around.forEach((group) => folded.delete(group));
  if (around.length) draw();
}

// ---- view

let isPlaced = true;

function place() {
  if (!isPlaced) return;
  isPlaced = false;
  requestAnimationFrame(() => {
    isPlaced = true;
    scene.setAttribute("transform", `translate(${panX} ${panY}) scale(${scale})`);
    scene.classList.toggle("far", scale < FAR);
    showBoxes();
  });
}

function screenOf(box) {
  return { x: panX + scale * (shown.layout.x[box] + shiftOf(sideOf(box))), y: panY + scale * (yOf(box) + HEIGHT / 2) };
}

function extent() {
  const { rows } = shown.layout;
  return { width: shown.width + shiftOf(AFTER),
    height: (rows.reduce((a, b) => Math.max(a, b), 0) + 1) * (HEIGHT + ROW_GAP) };
}

function fit() {
  const { width, height } = extent();
  const margin = 30;
  scale = Math.min((view.clientWidth - 2 * margin) / width,
    (view.clientHeight - 2 * margin) / height, 1.2);
  scale = Math.max(scale, 0.005);
  panX = (view.clientWidth - width * scale) / 2;
  panY = margin;
  place();
}

// At first: everything if it is legible so, else the beginning in a legible size.
function firstView() {
  fit();
  if (scale >= 0.5) return;
  scale = Math.min(1, Math.max(0.6, (view.clientWidth - 60) / extent().width));
  const middle = net.compared ? extent().width / 2 : shown.layout.x[0];
  panX = view.clientWidth / 2 - scale * middle;
  panY = (net.compared ? 50 : 30) - scale * yOf(0);
  place();
}

function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  const next = Math.min(4, Math.max(0.005, scale * factor));
  panX = x - (x - panX) * next / scale;
  panY = y - (y - panY) * next / scale;
  scale = next;
  place();
}

function intoSight(box) {
  if (scale < 0.4) zoom(0.8 / scale, screenOf(box).x, screenOf(box).y);
  const { x, y } = screenOf(box);
  const half = scale * WIDTH / 2 + 20, high = scale * HEIGHT / 2 + 30;
  panX += Math.max(0, half - x) - Math.max(0, x + half - view.clientWidth);
  panY += Math.max(0, high - y) - Math.max(0, y + high - view.clientHeight);
  place();
}

const fingers = new Map();
let moved = false;

view.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  moved = false;
});
view.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = { x: event.clientX, y: event.clientY };
  if (fingers.size === 2) {
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const frame = view.getBoundingClientRect();
    const far = Math.hypot(now.x - other.x, now.y - other.y);
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    if (was > 0) zoom(far / was, other.x - frame.left, other.y - frame.top);
    moved = true;
  } else if (moved || Math.hypot(now.x - before.x, now.y - before.y) > 4) {
    if (!moved) view.setPointerCapture(event.pointerId);
    moved = true;
    view.classList.add("dragged");
    panX += now.x - before.x;
    panY += now.y - before.y;
    place();
  } else {
    return;
  }
  fingers.set(event.pointerId, now);
});
for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
  view.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    view.classList.remove("dragged");
  });
}
view.addEventListener("wheel", (event) => {
  event.preventDefault();
  const frame = view.getBoundingClientRect();
  const lines = event.deltaMode === 1 ? 20 : 1;
  zoom(Math.exp(-event.deltaY * lines * 0.0015), event.clientX - frame.left,
    event.clientY - frame.top);
}, { passive: false });
view.addEventListener("click", (event) => {
  if (moved) return;
  const box = boxAt(event);
  const label = event.target.closest(".frame text");
  if (box !== undefined) choose(shown.ids[box], true);
  else if (label) toggle(Number(label.parentNode.dataset.group));
  else choose(null);
});
view.addEventListener("dblclick", (event) => {
  const box = boxAt(event);
  if (box !== undefined) foldAt(shown.ids[box]);
});
view.addEventListener("focusin", (event) => {
  const box = event.target.closest(".box");
  if (box && Number(box.dataset.id) !== chosen && event.target.matches(":focus-visible")) {
    choose(Number(box.dataset.id), true);
  }
});

// ---- search

function markMatches() {
  const matching = new Set(matches.map((node) => shown.where[node]));
  byId("farMatches").setAttribute("d", [...matching].map((box) => farPath(box, WIDTH)).join(""));
  markBoxes();
  scene.classList.toggle("searching", matches.length > 0);
}

function look() {
  const wanted = search.value.trim().toLowerCase();
  matches = [];
  matchIndex = -1;
  if (wanted) texts.forEach((text, node) => { if (text.includes(wanted)) matches.push(node); });
  found.textContent = wanted ? `${matches.length} found` : "";
  markMatches();
}

function goToMatch(step) {
  if (!matches.length) return;
  matchIndex = (matchIndex + step + matches.length) % matches.length;
  const node = matches[matchIndex];
  reveal(node);
  choose(node);
  intoSight(shown.position.get(node));
  showBoxes();
  found.textContent = `${matchIndex + 1} of ${matches.length}: ${net.nodes[node].name}`;
}

function endSearch() {
  search.value = "";
  look();
  focusBox();
}

search.addEventListener("input", look);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") goToMatch(event.shiftKey ? (matchIndex < 0 ? 0 : -1) : 1);
  else if (event.key === "Escape") endSearch();
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// ---- keys

function focusBox() {
  choose(chosen === null ? shown.ids[0] : chosen, true);
}

function foldAt(id) {
  const group = id < 0 ? -1 - id : groupsAround[id][groupsAround[id].length - 1];
  if (group !== undefined) toggle(group);
}

function walk(key) {
  if (chosen === null) return focusBox();
  const box = shown.position.get(chosen);
  const { order, rows, x, numBoxes } = shown.layout;
  let next;
  if (key === "ArrowDown" || key === "ArrowUp") {
    const from = key === "ArrowDown" ? 0 : 1;
    const ends = shown.edges.filter((edge) => edge[from] === box).map((edge) => edge[1 - from]);
    // the nearest row, and there the nearest column
    const far = (end) => Math.abs(rows[end] - rows[box]) * 1e6 + Math.abs(x[end] - x[box]);
    ends.sort((a, b) => far(a) - far(b));
    [next] = ends;
  } else {
    const row = order[rows[box]].filter((item) => item < numBoxes);
    next = row[row.indexOf(box) + (key === "ArrowRight" ? 1 : -1)];
  }
  if (next !== undefined) choose(shown.ids[next], true);
}

function toggleHelp(show = byId("help").hidden) {
  byId("help").hidden = !show;
  byId("keys").setAttribute("aria-expanded", String(show));
}

const KEYS = {
  "/": () => search.focus(),
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit,
  "?": () => toggleHelp(),
  Home: () => choose(shown.ids[0], true),
  End: () => choose(shown.ids[shown.ids.length - 1], true),
  Escape: () => {
    if (!byId("help").hidden) toggleHelp(false);
    else if (search.value) endSearch();
    else closePanel();
  },
};
for (const arrow of ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"]) {
  KEYS[arrow] = () => walk(arrow);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
  if (event.key === "Enter" || event.key === " ") {
    if (event.target.closest("button") || chosen === null) return;
    foldAt(chosen);
  } else if (event.target.closest("#panel") && event.key.startsWith("Arrow")) {
    return;         // they scroll the panel
  } else if (KEYS[event.key]) {
    KEYS[event.key]();
  } else {
    return;
  }
  event.preventDefault();
});

byId("in").addEventListener("click", () => zoom(1.25));
byId("out").addEventListener("click", () => zoom(0.8));
byId("fit").addEventListener("click", fit);
byId("fold").addEventListener("click", () => foldAll(true));
byId("unfold").addEventListener("click", () => foldAll(false));
byId("keys").addEventListener("click", () => toggleHelp());

byId("title").textContent = net.compared ? `${net.path} → ${net.compared}` : net.title;
byId("about").textContent = [net.compared ? "" : net.path, net.phase, net.totals, net.note]
  .filter(Boolean).join(" · ");
draw();
firstView();
