// The chosen box, what is beside it, and its edges.
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

function closePanel() {
  const box = chosen;
  choose(null);
  const element = box === null ? undefined : elementOf(shown.position.get(box));
  if (element) element.focus({ preventScroll: true });
}
