// Search in names, types, blobs and fields.
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
