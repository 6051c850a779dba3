// The drawing as a whole: layout, frames of open groups, and the two nets of a comparison.
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
