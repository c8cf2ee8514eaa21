// The panel at the side: the run at first, then whatever was chosen. All text goes in as text, never as markup: names and
// details come from files that anybody may have written.

import { leastOf, pairsOf } from "./model.js";
import { formatTime } from "./palette.js";

const STATE_TEXT = {
  commit: "committed",
  skip: "skipped",
  void: "void, or decided to skip",
  earlier: "decided to commit; its block was output before",
  open: "undecided",
};

export function element(tag, { text, className, title } = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  if (title !== undefined) made.title = title;
  return made;
}

export function renderPanel(scene, host, go) {
  const { selected } = scene.state;
  host.replaceChildren();
  if (selected === null) return runPanel(scene, host, go);
  const back = element("button", { text: "← run", className: "link" });
  back.addEventListener("click", () => go.select(null));
  host.append(back);
  if (selected.type === "block") return blockPanel(scene, host, go);
  if (selected.type === "slot") return slotPanel(scene, host, go);
  if (selected.type === "node") return nodePanel(scene, host, go);
  return commitPanel(scene, host, go);
}

function runPanel({ model }, host, go) {
  const { view } = model;
  for (const finding of view.findings) {
    host.append(element("h2", { text: `${finding.verdict}: ${finding.class}`, className: "bad" }));
    host.append(element("div", { text: finding.detail }));
    const where = finding.node === null ? "" : ` at node ${finding.node}`;
    host.append(link(`${formatTime(finding.atUs)}${where}`, () => go.time(finding.atUs)));
  }
  host.append(element("h2", { text: "The run" }));
  table(host, view.facts);
  const conflicts = view.commits.flatMap((commit, position) => (commit.isConflict ? [position] : []));
  if (conflicts.length > 0) {
    host.append(element("h2", { text: "Commits that contradict one another", className: "bad" }));
    chips(
      host,
      conflicts
        .slice(0, 40)
        .map((position) => [`${view.commits[position].index}`, () => go.select({ type: "commit", id: position })]),
    );
  }
  const twins = [...model.twins].flatMap((count, block) => (count > 1 && model.twin[block] === 0 ? [block] : []));
  if (twins.length > 0) {
    host.append(element("h2", { text: `Equivocations (${twins.length})` }));
    chips(
      host,
      twins.slice(0, 60).map((block) => [nameOf(model, block), () => go.block(block)]),
    );
  }
  if (view.faults.length > 0) {
    host.append(element("h2", { text: "Asked for" }));
    table(
      host,
      view.faults.slice(0, 40).map((fault) => [`${formatTime(fault.fromUs)} – ${formatTime(fault.toUs)}`, fault.label]),
    );
  }
  for (const note of view.notes) host.append(element("p", { text: note, className: "note" }));
  host.append(
    element("p", {
      text: "Click a block, a slot, a commit or a node. Press ? for help.",
      className: "note",
    }),
  );
}

function blockPanel(scene, host, go) {
  const { model } = scene;
  const { blocks, commits, slots, accepted } = model.view;
  const block = scene.state.selected.id;
  const commit = model.commitOf[block];
  host.append(element("h2", { text: `Block ${nameOf(model, block)}` }));
  table(host, [
    ["author", String(blocks.author[block])],
    ["round", String(blocks.round[block])],
    ["digest", `${blocks.digest[block]}…`],
    [blocks.isSigned[block] ? "signed at" : "first seen at", formatTime(blocks.at[block])],
    [
      "carries",
      `${blocks.transactions[block]} transactions, ${blocks.updates[block]} updates, ${blocks.acks[block]} acks`,
    ],
    ["size", `${blocks.bytes[block]} bytes`],
  ]);
  if (!blocks.isSigned[block])
    host.append(
      element("p", {
        text: "Its author did not say that it signed it: what corrupted nodes send is seen at the others only.",
        className: "note",
      }),
    );
  if (commit >= 0) {
    const { index, at } = commits[commit];
    const position = commits[commit].blocks.indexOf(block) + 1;
    host.append(link(`commit ${index}, position ${position}`, () => go.select({ type: "commit", id: commit })));
    host.append(
      element("div", {
        text: `${formatTime(Math.max(0, leastOf(at) - blocks.at[block]))} after it was signed`,
      }),
    );
  } else host.append(element("div", { text: "in no commit" }));
  for (const slot of model.slotsOfBlock.get(block) ?? []) {
    const { name, state } = slots[slot];
    host.append(link(`leader of ${name} (${STATE_TEXT[state]})`, () => go.select({ type: "slot", id: slot })));
  }
  if (model.twins[block] > 1) {
    host.append(element("h2", { text: "Twins: an equivocation", className: "bad" }));
    const same = model.byRound[blocks.round[block]].filter(
      (other) => other !== block && blocks.author[other] === blocks.author[block],
    );
    chips(
      host,
      same.map((other) => [nameOf(model, other), () => go.block(other)]),
    );
  }
  host.append(element("h2", { text: `Parents (${blocks.parents[block].length})` }));
  chips(
    host,
    blocks.parents[block].map((parent) => [nameOf(model, parent), () => go.block(parent)]),
  );
  if (accepted !== null) acceptances(scene, host, accepted[block]);
}

function acceptances({ model }, host, times) {
  const accepting = times.map((after, node) => ({ node, after })).filter(({ after }) => after >= 0);
  const slowest = Math.max(1, ...accepting.map(({ after }) => after));
  const missing = times.map((after, node) => ({ node, after })).filter(({ after }) => after < 0);
  host.append(element("h2", { text: `Accepted by ${accepting.length} of ${model.view.size}` }));
  const grid = element("div", { className: "times" });
  for (const { node, after } of accepting.sort((left, right) => left.after - right.after)) {
    const bar = element("i");
    bar.style.width = `${(after / slowest) * 100}%`;
    grid.append(element("span", { text: String(node) }), bar, element("span", { text: `+${formatTime(after)}` }));
  }
  host.append(grid);
  const late = missing.map(({ node }) => node).join(" ");
  if (late !== "") host.append(element("p", { text: `never by ${late}`, className: "note" }));
}

function slotPanel(scene, host, go) {
  const { model } = scene;
  const { slots, blocks, stakes, quorumStake, commits } = model.view;
  const slot = slots[scene.state.selected.id];
  host.append(element("h2", { text: `Slot ${slot.name}` }));
  const certificates = pairsOf(slot.certificates).map(([block]) => block);
  const votes = pairsOf(slot.votes).map(([block]) => block);
  const stakeOf = (list) =>
    [...new Set(list.map((block) => blocks.author[block]))].reduce((sum, author) => sum + stakes[author], 0);
  const tally = (list) => `${stakeOf(list)} of ${quorumStake} needed`;
  table(host, [
    ["round", String(slot.round)],
    ["leader", slot.author === null ? "unknown (coin not needed)" : String(slot.author)],
    ["verdict", STATE_TEXT[slot.state]],
    ["passed at", slot.at < 0 ? "not passed" : formatTime(slot.at)],
    ...(slot.author === null
      ? []
      : [
          ["votes ▲", tally(votes)],
          ["blames ▽", tally(slot.blames)],
          ["certificates ▣", tally(certificates)],
        ]),
  ]);
  if (slot.commit !== null)
    host.append(link(`commit ${commits[slot.commit].index}`, () => go.select({ type: "commit", id: slot.commit })));
  const leaders = (model.byRound[slot.round] ?? []).filter((block) => blocks.author[block] === slot.author);
  section(
    host,
    "Blocks",
    leaders.map((block) => [nameOf(model, block), () => go.block(block)]),
  );
  section(
    host,
    "Votes ▲",
    votes.map((block) => [nameOf(model, block), () => go.block(block)]),
  );
  section(
    host,
    "Blames ▽",
    slot.blames.map((block) => [nameOf(model, block), () => go.block(block)]),
  );
  section(
    host,
    "Certificates ▣",
    certificates.map((block) => [nameOf(model, block), () => go.block(block)]),
  );
}

function commitPanel(scene, host, go) {
  const { model } = scene;
  const { commits, slots } = model.view;
  const commit = commits[scene.state.selected.id];
  host.append(element("h2", { text: `Commit ${commit.index}` }));
  if (commit.isConflict)
    host.append(
      element("div", {
        text: "Another commit has this index: agreement is broken.",
        className: "bad",
      }),
    );
  table(host, [
    ["digest", `${commit.digest}…`],
    ["slot", commit.slot],
    ["leader", `${commit.author} in round ${commit.round}`],
    ["blocks", String(commit.blocks.length)],
    ["transactions", String(commit.transactions)],
    ["first at", formatTime(leastOf(commit.at))],
    ["last at", formatTime(Math.max(...commit.at))],
    ["made by", `${commit.at.filter((time) => time >= 0).length} of ${model.view.size}`],
  ]);
  const slot = slots.findIndex(({ name }) => name === commit.slot);
  if (slot >= 0) host.append(link(`votes of ${commit.slot}`, () => go.select({ type: "slot", id: slot })));
  section(
    host,
    "Blocks in output order",
    commit.blocks.slice(0, 400).map((block) => [nameOf(model, block), () => go.block(block)]),
  );
}

function nodePanel(scene, host, go) {
  const { model } = scene;
  const node = scene.state.selected.id;
  const { states, reports } = model.view.nodes[node];
  host.append(element("h2", { text: `Node ${node}` }));
  const made = model.view.commits.filter(({ at }) => at[node] >= 0).length;
  const own = model.view.blocks.author.filter((author) => author === node).length;
  table(host, [
    ["stake", String(model.view.stakes[node])],
    ["blocks", String(own)],
    ["commits", String(made)],
  ]);
  host.append(link("show as it saw it", () => go.seen(node)));
  section(
    host,
    "States",
    states.slice(0, 100).map(([time, state]) => [`${formatTime(time)} ${state}`, () => go.time(time)]),
  );
  section(
    host,
    "Reports",
    reports.slice(0, 100).map(([time, text]) => [`${formatTime(time)} ${text}`, () => go.time(time)]),
  );
}

/** Author, round, and a letter for twins. */
export function nameOf(model, block) {
  const { blocks } = model.view;
  const letter = model.twins[block] > 1 ? String.fromCharCode(97 + Math.min(25, model.twin[block])) : "";
  return `${blocks.author[block]}·${blocks.round[block]}${letter}`;
}

function section(host, title, entries) {
  if (entries.length === 0) return;
  host.append(element("h2", { text: `${title} (${entries.length})` }));
  chips(host, entries);
}

function chips(host, entries) {
  const box = element("div", { className: "chips" });
  for (const [text, onClick] of entries) box.append(link(text, onClick));
  host.append(box);
}

function link(text, onClick) {
  const made = element("button", { text, className: "link" });
  made.addEventListener("click", onClick);
  return made;
}

function table(host, rows) {
  const made = element("table");
  for (const [name, value] of rows) {
    const row = element("tr");
    row.append(element("td", { text: name, title: name }), element("td", { text: value }));
    made.append(row);
  }
  host.append(made);
}
