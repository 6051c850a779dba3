// Keys.
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
