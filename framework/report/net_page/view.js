// The part of the drawing that is seen, and its scale.
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
