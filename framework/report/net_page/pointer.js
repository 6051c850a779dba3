// Mouse, wheel and fingers.
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
