// Buttons, the heading, and the first drawing.
byId("in").addEventListener("click", () => zoom(1.25));
byId("out").addEventListener("click", () => zoom(0.8));
byId("fit").addEventListener("click", fit);
byId("fold").addEventListener("click", () => foldAll(true));
byId("unfold").addEventListener("click", () => foldAll(false));
byId("keys").addEventListener("click", () => toggleHelp());

let width = view.clientWidth;
addEventListener("resize", () => {      // a phone that is turned: what is in the middle stays there
  panX += (view.clientWidth - width) / 2;
  width = view.clientWidth;
  place();
});

byId("title").textContent = net.compared ? `${net.path} → ${net.compared}` : net.title;
byId("about").textContent = [net.compared ? "" : net.path, net.phase, net.totals, net.note]
  .filter(Boolean).join(" · ");
draw();
firstView();
