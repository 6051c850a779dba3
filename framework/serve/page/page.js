"use strict";
// Sends an image to the server and shows the answer. Names of classes come from files of others:
// they are written as text only, never as HTML.

const byId = (id) => document.getElementById(id);
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/bmp"];
let models = [];
let token = "";
let file = null;
let answer = null;
let turn = 0;           // of the requests: an answer that comes after a newer one is dropped

function say(text, isProblem = false) {
  byId("problem").hidden = !isProblem;
  byId(isProblem ? "problem" : "status").textContent = text;
  if (isProblem) byId("status").textContent = "";
}

async function call(path, options = {}) {
  const headers = { Accept: "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { ...options, headers: { ...headers, ...options.headers } });
  const content = await response.json().catch(
    () => ({ error: `The server answered with status ${response.status}.` }));
  if (response.status === 401) {
    byId("token-form").hidden = false;
    byId("token").focus();
    throw new Error(token ? "This is not the server's token." : "Give the token first.");
  }
  if (!response.ok) throw new Error(content.error);
  return content;
}

async function start() {
  try {
    const known = await call("/models");
    byId("token-form").hidden = true;
    models = known.models;
    byId("model").replaceChildren(...models.map((model) => {
      const kind = model.kind === "net" ? "takes tensors only" : model.kind;
      const option = new Option(`${model.name} (${kind})`, model.name);
      option.disabled = model.kind === "net";
      return option;
    }));
    const first = models.find((model) => model.kind !== "net");
    if (first) byId("model").value = first.name;
    byId("threshold").value = known.threshold;
    say(first ? "No image yet." : "The nets of this server take tensors only.");
    if (file) await send();
  } catch (error) {
    say(error.message, true);
  }
}

// What the server does not decode, HEIC or AVIF say, the browser may: it is sent as a JPEG.
async function readable(given) {
  if (TYPES.includes(given.type)) return given;
  const bitmap = await createImageBitmap(given).catch(() => {
    throw new Error(`${given.name || "This"} is not an image that this browser can read.`);
  });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
}

async function take(given) {
  if (!given) return;
  try {
    file = await readable(given);
    await send();
  } catch (error) {
    say(error.message, true);
  }
}

async function send() {
  const model = models.find((one) => one.name === byId("model").value);
  if (!model || !file) return;
  const mine = ++turn;
  say("The image is being looked at ...");
  const route = model.kind === "detector" ? "/detect" : "/classify";
  const query = new URLSearchParams({ model: model.name });
  if (model.kind === "detector") query.set("threshold", "0.01");
  try {
    const begun = performance.now();
    const found = await call(`${route}?${query}`, {
      method: "POST", body: file, headers: { "Content-Type": file.type } });
    if (mine !== turn) return;
    answer = found;
    answer.milliseconds = Math.round(performance.now() - begun);
    const image = byId("image");
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(file);
    byId("columns").hidden = false;
    show();
  } catch (error) {
    if (mine === turn) say(error.message, true);
  }
}

function color(label) {
  return `hsl(${Math.round(label * 0.618034 * 360) % 360} 90% 60%)`;
}

function show() {
  if (!answer) return;
  const isDetector = Boolean(answer.detections);
  const threshold = Number(byId("threshold").value);
  byId("threshold-value").textContent = threshold.toFixed(2);
  byId("slider-line").hidden = !isDetector;
  byId("box-column").hidden = !isDetector;
  const found = isDetector ? answer.detections.filter((one) => one.score >= threshold)
    : answer.classes;
  byId("rows").replaceChildren(...found.map((one) => row(one, isDetector)));
  byId("boxes").replaceChildren(...(isDetector ? [...found].reverse().map(box) : []));
  const { milliseconds, ...shown } = answer;
  const text = JSON.stringify(isDetector ? { ...shown, detections: found } : shown, null, 1);
  byId("json").textContent = text.replace(/\[\n[-\d.,\s]+\]/g,       // boxes on one line
    (numbers) => numbers.replace(/\s+/g, " "));
  say(isDetector
    ? `${found.length} found with a score of at least ${threshold.toFixed(2)}, in ${milliseconds} ms.`
    : `Most likely ${found[0].name}, in ${milliseconds} ms.`);
}

function row(one, isDetector) {
  const line = document.createElement("tr");
  const name = line.insertCell();
  if (isDetector) {
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = color(one.label);
    name.append(swatch);
  }
  name.append(one.name);
  const score = line.insertCell();
  score.className = "number";
  score.textContent = one.score.toFixed(3);
  if (isDetector) line.insertCell().textContent = one.box.map(Math.round).join(", ");
  return line;
}

function box(one) {
  const frame = document.createElement("div");
  const [left, top, right, bottom] = one.box;
  frame.className = "box";
  frame.classList.toggle("high", top < answer.height * 0.06);
  frame.classList.toggle("right", left > answer.width * 0.7);
  frame.style.left = `${100 * left / answer.width}%`;
  frame.style.top = `${100 * top / answer.height}%`;
  frame.style.width = `${100 * (right - left) / answer.width}%`;
  frame.style.height = `${100 * (bottom - top) / answer.height}%`;
  frame.style.borderColor = color(one.label);
  const label = document.createElement("span");
  label.textContent = `${one.name} ${one.score.toFixed(2)}`;
  frame.append(label);
  return frame;
}

for (const id of ["file", "camera"]) {
  byId(id).addEventListener("change", (event) => {
    take(event.target.files[0]);
    event.target.value = "";        // the same file again is a change too
  });
}
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  byId("drop").classList.add("over");
});
document.addEventListener("dragleave", () => byId("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop").classList.remove("over");
  take(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
byId("threshold").addEventListener("input", show);
byId("model").addEventListener("change", send);
byId("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(byId("json").textContent);
    byId("status").textContent = "The JSON is copied.";
  } catch {
    getSelection().selectAllChildren(byId("json"));
    byId("status").textContent = "The JSON is selected: copy it from there.";
  }
});
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value;
  start();
});
start();
