// Edges as paths, and the places of boxes in them.
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
