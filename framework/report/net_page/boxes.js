// Boxes: elements near by, a few paths from afar, and which one is at a point.
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
