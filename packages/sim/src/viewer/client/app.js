// Puts the page together: reads the data, owns the loop that draws when something changed, and turns mouse, keys and
// controls into changes of the scene.

import { drawDag, visibleBlocks } from "./draw-dag.js";
import { drawTracks } from "./draw-tracks.js";
import { fillHelp } from "./help.js";
import { hitAt } from "./hit.js";
import { layoutOf } from "./layout.js";
import { createModel, lastUpTo } from "./model.js";
import { drawOverview } from "./overview.js";
import { formatTime } from "./palette.js";
import { element, renderPanel } from "./panel.js";
import { Scene, nodesFrom } from "./scene.js";

const SLIDER_STEPS = 10_000;
const PLAY_SECONDS = 30;
const COLUMNS_AT_FIRST = 38;

const byId = (id) => document.getElementById(id);

class App {
  constructor(view) {
    this.model = createModel(view);
    this.scene = new Scene(this.model);
    this.canvas = byId("canvas");
    this.overview = byId("overview");
    this.isDirty = true;
    this.drawMs = [];
    this.lastFrameMs = 0;
  }

  start() {
    const { view } = this.model;
    byId("name").textContent = view.name;
    byId("name").title = `${view.name}, seed ${view.seed}`;
    this.showVerdict();
    this.fillSelect();
    fillHelp(byId("signs"), byId("keys"));
    this.setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    listenToControls(this);
    listenToKeys(this);
    listenToMouse(this);
    new ResizeObserver(() => this.resize()).observe(byId("stage"));
    this.resize();
    this.zoomToStart();
    this.refreshPanel();
    requestAnimationFrame((time) => this.frame(time));
  }

  /** A long run opens on its end, near enough to read. */
  zoomToStart() {
    const { axis } = this.scene;
    if (axis.kind !== "round" || this.model.lastRound <= COLUMNS_AT_FIRST) return;
    axis.zoom((axis.to - axis.from) / COLUMNS_AT_FIRST, axis.left + axis.width);
  }

  showVerdict() {
    const { verdict } = this.model.view;
    const sign = { PASS: "✓ ", UNSAFE: "✕ ", STALLED: "■ ", CRASHED: "✕ ", INCONCLUSIVE: "? " };
    const host = byId("verdict");
    host.textContent = verdict === null ? "no result" : `${sign[verdict] ?? ""}${verdict}`;
    host.classList.add(verdict === "PASS" ? "good" : verdict === null || verdict === "INCONCLUSIVE" ? "none" : "bad");
  }

  fillSelect() {
    const { view } = this.model;
    const select = byId("seen");
    const add = (value, text) => {
      const option = element("option", { text });
      option.value = String(value);
      select.append(option);
    };
    add(-1, "anybody");
    for (let node = 0; node < view.size; node += 1) add(node, `node ${node}`);
    select.disabled = view.accepted === null;
    byId("axis").disabled = this.model.lastRound === 0;
  }

  resize() {
    const { width, height } = byId("stage").getBoundingClientRect();
    const { scene } = this;
    fitCanvas(this.canvas, { width, height });
    const { width: stripWidth } = this.overview.getBoundingClientRect();
    fitCanvas(this.overview, { width: stripWidth, height: 34 });
    scene.layout = layoutOf({
      width,
      height,
      rows: scene.state.shown.length,
      view: this.model.view,
    });
    scene.axis.place(scene.layout.gutter, width - scene.layout.gutter - scene.layout.right);
    this.draw();
  }

  draw() {
    this.isDirty = true;
  }

  frame(time) {
    if (this.scene.state.isPlaying) this.playOn(Math.min(100, time - this.lastFrameMs));
    this.lastFrameMs = time;
    if (this.isDirty) {
      this.isDirty = false;
      this.paint();
    }
    requestAnimationFrame((next) => this.frame(next));
  }

  paint() {
    const startMs = performance.now();
    const { scene } = this;
    const { layout, state } = scene;
    const context = contextOf(this.canvas);
    context.fillStyle = scene.colors.bg;
    context.fillRect(0, 0, layout.width, layout.height);
    scene.places = visibleBlocks(scene);
    drawDag(scene, context);
    drawTracks(scene, context);
    const strip = contextOf(this.overview);
    drawOverview(scene, strip, { width: this.overview.clientWidth, height: 34 });
    byId("clock").textContent = formatTime(Math.round(state.now));
    byId("scrub").value = String(Math.round((state.now / this.model.view.endUs) * SLIDER_STEPS));
    byId("scrub").setAttribute("aria-valuetext", formatTime(Math.round(state.now)));
    this.drawMs.push(performance.now() - startMs);
    if (this.drawMs.length > 600) this.drawMs.shift();
  }

  playOn(passedMs) {
    const { state } = this.scene;
    const { endUs } = this.model.view;
    this.setNow(state.now + (passedMs / 1000 / PLAY_SECONDS) * endUs);
    if (state.now >= endUs) this.play(false);
  }

  play(isPlaying) {
    const { state } = this.scene;
    if (isPlaying && state.now >= this.model.view.endUs) this.setNow(0);
    state.isPlaying = isPlaying;
    byId("play").textContent = isPlaying ? "❚❚ stop" : "▶ play";
    this.draw();
  }

  setNow(time) {
    const { scene } = this;
    scene.state.now = Math.max(0, Math.min(this.model.view.endUs, time));
    const unit = scene.axis.unitOf(scene.state.now);
    if (unit < scene.axis.from || unit > scene.axis.from + (scene.axis.to - scene.axis.from) * 0.9)
      scene.axis.follow(unit, 0.8);
    this.draw();
  }

  step(count) {
    const { events } = this.model;
    const { now } = this.scene.state;
    const here = lastUpTo(events, now);
    const isBetween = count < 0 && (events[here] ?? -1) < now;
    const next = Math.max(0, Math.min(events.length - 1, here + count + (isBetween ? 1 : 0)));
    this.setNow(events[next] ?? 0);
  }

  select(selected) {
    this.scene.select(selected);
    if (selected !== null) this.bringIntoSight(selected);
    this.refreshPanel();
    this.draw();
  }

  bringIntoSight(selected) {
    const { axis } = this.scene;
    const time = this.scene.timeOf(selected);
    if (time < 0) return;
    const unit = axis.unitOf(time);
    const span = axis.to - axis.from;
    if (unit < axis.from + span * 0.03 || unit > axis.to - span * 0.03) axis.follow(unit, 0.5);
  }

  refreshPanel() {
    renderPanel(this.scene, byId("panel"), {
      select: (selected) => this.select(selected),
      block: (block) => this.select({ type: "block", id: block }),
      time: (time) => this.setNow(time),
      seen: (node) => this.setSeenBy(node),
    });
  }

  setSeenBy(node) {
    this.scene.state.seenBy = node;
    byId("seen").value = String(node);
    this.draw();
  }

  setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    this.scene.setTheme(theme);
    this.draw();
  }

  setAxis(kind) {
    if (this.model.lastRound === 0) return;
    this.scene.axis.setKind(kind);
    byId("axis").textContent = kind === "round" ? "by round" : "by time";
    this.draw();
  }

  zoom(factor, x) {
    const { axis } = this.scene;
    axis.zoom(factor, x ?? axis.left + axis.width / 2);
    this.draw();
  }
}

function fitCanvas(canvas, { width, height }) {
  const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
}

function contextOf(canvas) {
  const context = canvas.getContext("2d");
  const ratio = canvas.width / Math.max(1, canvas.clientWidth);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

function listenToControls(app) {
  const { scene, model } = app;
  const on = (id, run) => byId(id).addEventListener("click", run);
  on("first", () => app.setNow(0));
  on("last", () => app.setNow(model.view.endUs));
  on("back", () => app.step(-1));
  on("step", () => app.step(1));
  on("play", () => app.play(!scene.state.isPlaying));
  on("in", () => app.zoom(1.5));
  on("out", () => app.zoom(1 / 1.5));
  on("fit", () => fitAll(app));
  on("axis", () => app.setAxis(scene.axis.kind === "round" ? "time" : "round"));
  on("theme", () => app.setTheme(scene.state.theme === "dark" ? "light" : "dark"));
  on("help", () => byId("about").showModal());
  byId("seen").addEventListener("change", (event) => app.setSeenBy(Number(event.target.value)));
  byId("nodes").addEventListener("input", (event) => {
    scene.show(nodesFrom(event.target.value, model.view.size));
    app.resize();
  });
  byId("scrub").addEventListener("input", (event) =>
    app.setNow((Number(event.target.value) / SLIDER_STEPS) * model.view.endUs),
  );
  app.overview.addEventListener("pointerdown", (event) => {
    app.setNow((event.offsetX / app.overview.clientWidth) * model.view.endUs);
  });
}

function fitAll(app) {
  app.scene.axis.fit();
  app.draw();
}

function listenToKeys(app) {
  const { scene } = app;
  const actions = {
    ArrowRight: (event) => app.step(event.shiftKey ? 10 : 1),
    ArrowLeft: (event) => app.step(event.shiftKey ? -10 : -1),
    " ": () => app.play(!scene.state.isPlaying),
    Home: () => app.setNow(0),
    End: () => app.setNow(app.model.view.endUs),
    "+": () => app.zoom(1.5),
    "=": () => app.zoom(1.5),
    "-": () => app.zoom(1 / 1.5),
    0: () => fitAll(app),
    j: () => nextOf(app, "commit", 1),
    k: () => nextOf(app, "commit", -1),
    l: () => nextOf(app, "slot", 1),
    L: () => nextOf(app, "slot", -1),
    e: () => nextTwin(app),
    a: () => nextAct(app),
    t: () => app.setAxis(scene.axis.kind === "round" ? "time" : "round"),
    s: () => {
      scene.state.isSparse = !scene.state.isSparse;
      app.draw();
    },
    d: () => app.setTheme(scene.state.theme === "dark" ? "light" : "dark"),
    "?": () => byId("about").showModal(),
    Escape: () => app.select(null),
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.id === "nodes" || event.target.id === "seen" || byId("about").open;
    const action = actions[event.key];
    if (isTyping || action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(event);
  });
}

/** The next one after what is chosen, or after now. Takes the time along. */
function nextOf(app, type, direction) {
  const { selected, now } = app.scene.state;
  const list = type === "commit" ? app.model.view.commits : app.model.view.slots;
  if (list.length === 0) return;
  const times = list.map((_, id) => app.scene.timeOf({ type, id }));
  const from =
    selected?.type === type ? selected.id : times.findLastIndex((time) => time <= now) - (direction > 0 ? 1 : -1);
  const id = Math.max(0, Math.min(list.length - 1, from + direction));
  app.select({ type, id });
  if (type === "commit") app.setNow(times[id]);
}

function nextTwin(app) {
  const { model, scene } = app;
  const from = scene.state.selected?.type === "block" ? model.inOrder.indexOf(scene.state.selected.id) : -1;
  const isTwin = (block) => model.twins[block] > 1 && model.twin[block] === 0;
  const next = model.inOrder.slice(from + 1).find(isTwin) ?? model.inOrder.find(isTwin);
  if (next !== undefined) app.select({ type: "block", id: next });
}

function nextAct(app) {
  const { view } = app.model;
  const times = [
    ...view.acts.flatMap(({ marks }) => marks.map(([time]) => time)),
    ...view.faults.map(({ fromUs }) => fromUs),
  ];
  const next = times
    .filter((time) => time > app.scene.state.now)
    .reduce((least, time) => Math.min(least, time), Infinity);
  if (next < Infinity) app.setNow(next);
}

function listenToMouse(app) {
  const { canvas, scene } = app;
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, moved: 0 };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag === null) return hover(app, event);
    const moved = event.offsetX - drag.x;
    drag = { x: event.offsetX, moved: drag.moved + Math.abs(moved) };
    scene.axis.pan(-moved);
    app.draw();
  });
  canvas.addEventListener("pointerup", (event) => {
    const isClick = drag !== null && drag.moved < 4;
    drag = null;
    if (isClick) click(app, event);
  });
  canvas.addEventListener("pointerleave", () => hover(app, null));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (isSideways) scene.axis.pan(event.deltaX || event.deltaY);
      else scene.axis.zoom(Math.exp(-event.deltaY * 0.0016), event.offsetX);
      app.draw();
    },
    { passive: false },
  );
}

function hover(app, event) {
  const { scene } = app;
  const hit = event === null ? null : hitAt(scene, { x: event.offsetX, y: event.offsetY });
  const tip = byId("tip");
  tip.hidden = hit === null;
  if (hit !== null) {
    tip.textContent = hit.text;
    const isRight = event.offsetX > scene.layout.width - 260;
    tip.style.left = isRight ? "" : `${event.offsetX + 14}px`;
    tip.style.right = isRight ? `${scene.layout.width - event.offsetX + 14}px` : "";
    tip.style.top = `${Math.max(0, Math.min(scene.layout.height - 70, event.offsetY + 12))}px`;
  }
  if (hit?.type === scene.state.hover?.type && hit?.id === scene.state.hover?.id) return;
  scene.state.hover = hit;
  app.draw();
}

function click(app, event) {
  const hit = hitAt(app.scene, { x: event.offsetX, y: event.offsetY });
  if (hit?.type === "time") return app.setNow(hit.id);
  if (hit === null || hit.type === "none") {
    if (event.offsetX > app.scene.layout.gutter) app.setNow(app.scene.axis.timeAt(event.offsetX));
    return undefined;
  }
  return app.select({ type: hit.type, id: hit.id });
}

const app = new App(JSON.parse(byId("data").textContent));
app.start();
/** For measuring from outside. */
globalThis.selvedgeView = app;
