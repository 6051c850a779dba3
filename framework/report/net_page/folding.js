// Which boxes and edges there are while some groups are folded; folding and unfolding.
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
