// What the page knows, what it shows now, and how it makes elements. The files of this folder are one
// script, in the order of page.py. Text of the net reaches the page through textContent and
// setAttribute only.
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
