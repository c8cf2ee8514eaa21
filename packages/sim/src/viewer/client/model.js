// The page's data with the indices that drawing needs: blocks by round, who is whose twin, which commit and slots a block
// belongs to, and the map between time and rounds. Built once; never changes.

/** @param view ViewData of view-data.ts, as parsed from the page. */
export function createModel(view) {
  const { blocks, commits, slots } = view;
  const count = blocks.round.length;
  const lastRound = blocks.round.reduce((highest, round) => Math.max(highest, round), 0);
  const byRound = Array.from({ length: lastRound + 1 }, () => []);
  for (let block = 0; block < count; block += 1) byRound[blocks.round[block]].push(block);
  const commitOf = new Int32Array(count).fill(-1);
  commits.forEach((commit, position) => {
    for (const block of commit.blocks) if (commitOf[block] < 0) commitOf[block] = position;
  });
  return {
    view,
    count,
    lastRound,
    byRound,
    commitOf,
    inOrder: Array.from({ length: count }, (_, block) => block).sort(
      (left, right) => blocks.at[left] - blocks.at[right],
    ),
    firstAt: commits.map((commit) => leastOf(commit.at)),
    ...twinsOf(blocks, byRound),
    ...slotIndex(slots, byRound, blocks),
    roundTimes: roundTimesOf(blocks, byRound),
    events: eventsOf(view),
    /** No DAG: one proposal a round, and leaders without slot families. */
    isChain: slots.length > 0 && slots.every(({ kind }) => kind === "other"),
    corruptedFrom: view.nodes.map(({ states }) => firstTime(states, "corrupted")),
    down: view.nodes.map(({ states }) => stretchesOf(states, view.endUs)),
    frontier: frontierOf(view),
  };
}

export function leastOf(times) {
  let least = -1;
  for (const time of times) if (time >= 0 && (least < 0 || time < least)) least = time;
  return least;
}

/** Position among the blocks of one author and round, and how many those are. */
function twinsOf(blocks, byRound) {
  const twin = new Uint8Array(blocks.round.length);
  const twins = new Uint8Array(blocks.round.length).fill(1);
  for (const ofRound of byRound) {
    const byAuthor = new Map();
    for (const block of ofRound) {
      const author = blocks.author[block];
      byAuthor.set(author, [...(byAuthor.get(author) ?? []), block]);
    }
    for (const same of byAuthor.values()) {
      if (same.length < 2) continue;
      same.forEach((block, position) => {
        twin[block] = Math.min(position, 255);
        twins[block] = Math.min(same.length, 255);
      });
    }
  }
  return { twin, twins };
}

function slotIndex(slots, byRound, blocks) {
  const slotsAt = new Map();
  const slotsOfBlock = new Map();
  slots.forEach((slot, position) => {
    slotsAt.set(slot.round, [...(slotsAt.get(slot.round) ?? []), position]);
    for (const block of byRound[slot.round] ?? []) {
      if (blocks.author[block] === slot.author) slotsOfBlock.set(block, [...(slotsOfBlock.get(block) ?? []), position]);
    }
  });
  return { slotsAt, slotsOfBlock };
}

/**
 * When two thirds of a round's blocks were there; rises strictly, so that it can be turned around. Rounds without blocks
 * stand evenly between their neighbours.
 */
function roundTimesOf(blocks, byRound) {
  const times = [0];
  let known = 0;
  for (let round = 1; round < byRound.length; round += 1) {
    const at = byRound[round].map((block) => blocks.at[block]).sort((left, right) => left - right);
    if (at.length === 0) continue;
    const time = Math.max(times[known] + round - known, at[Math.floor((at.length - 1) * 0.67)]);
    for (let between = known + 1; between <= round; between += 1) {
      times.push(times[known] + ((time - times[known]) * (between - known)) / (round - known));
    }
    known = round;
  }
  return times;
}

/** Times at which something happened, ascending: what stepping goes through. */
function eventsOf({ blocks, commits, acts, nodes }) {
  const times = new Set(blocks.at);
  for (const { at } of commits) for (const time of at) if (time >= 0) times.add(time);
  for (const { marks } of acts) for (const [time] of marks) times.add(time);
  for (const { states } of nodes) for (const [time] of states) times.add(time);
  return [...times].sort((left, right) => left - right);
}

/** Highest round of any node, over time. */
function frontierOf({ nodes }) {
  const all = nodes.flatMap(({ rounds }) => pairsOf(rounds)).sort((left, right) => left[0] - right[0]);
  const frontier = { at: [0], round: [0] };
  for (const [time, round] of all) {
    if (round <= frontier.round[frontier.round.length - 1]) continue;
    frontier.at.push(time);
    frontier.round.push(round);
  }
  return frontier;
}

export function pairsOf(flat) {
  const pairs = [];
  for (let position = 0; position < flat.length; position += 2) pairs.push([flat[position], flat[position + 1]]);
  return pairs;
}

function firstTime(states, wanted) {
  const found = states.find(([, state]) => state === wanted);
  return found === undefined ? -1 : found[0];
}

/** Stretches in which a node was not running: [from, to, state]. */
function stretchesOf(states, endUs) {
  const stretches = [];
  let open;
  for (const [time, state] of states) {
    if (state === "corrupted") continue;
    if (open !== undefined) stretches.push([open[0], time, open[1]]);
    open = state === "up" ? undefined : [time, state];
  }
  if (open !== undefined) stretches.push([open[0], endUs, open[1]]);
  return stretches;
}

/** Position of the last entry that is not above `value`; −1 if none. `values` ascend. */
export function lastUpTo(values, value) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
