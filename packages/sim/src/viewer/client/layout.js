// Where everything stands on the canvas, from top to bottom: round numbers, the two lanes of slots, the rows of authors,
// commits, faults, acts, kept messages, progress of nodes, times.

const GUTTER = 96;
const RULER = 18;
const SLOT_LANE = 17;
const LANE = 14;
const STRIPS_MAX = 150;
const STRIP_MAX = 13;
const ROW_MAX = 96;

export function layoutOf({ width, height, rows, view }) {
  const faults = packed(view.faults);
  const lanesMax = height < 560 ? 4 : 7;
  const acts = view.acts.slice(0, lanesMax);
  const kept = view.kept.slice(0, 3);
  const faultLanes = Math.min(faults.laneCount, lanesMax);
  const stripHeight = Math.max(1.5, Math.min(STRIP_MAX, STRIPS_MAX / Math.max(1, rows)));
  const hasSlots = {
    P: view.slots.some(({ kind }) => kind !== "C"),
    C: view.slots.some(({ kind }) => kind === "C"),
  };
  const below = 26 + faultLanes * LANE + acts.length * LANE + kept.length * LANE + rows * stripHeight + 12 + RULER + 12;
  const top = RULER + (hasSlots.P ? SLOT_LANE : 0) + (hasSlots.C ? SLOT_LANE : 0) + 6;
  const rowHeight = Math.max(2, Math.min(ROW_MAX, (height - top - below) / Math.max(1, rows)));
  const slack = Math.max(0, height - top - below - rowHeight * rows);
  let y = RULER;
  const place = (size) => {
    const at = y;
    y += size;
    return at;
  };
  const layout = {
    width,
    height,
    gutter: GUTTER,
    right: 10,
    rowHeight,
    stripHeight,
    lane: LANE,
    acts,
    kept,
    faults,
  };
  layout.slotP = hasSlots.P ? place(SLOT_LANE) : null;
  layout.slotC = hasSlots.C ? place(SLOT_LANE) : null;
  y += 6 + Math.min(slack / 2, 14);
  layout.rows = place(rowHeight * rows);
  y += 4;
  layout.commits = place(22);
  layout.faultsAt = place(faultLanes * LANE);
  layout.actsAt = place(acts.length * LANE);
  layout.keptAt = place(kept.length * LANE);
  y += 6;
  layout.strips = place(rows * stripHeight);
  y += 6;
  layout.times = place(RULER);
  layout.bottom = y;
  return layout;
}

/** Stretches that overlap go to lanes of their own. */
function packed(faults) {
  const ends = [];
  const lanes = faults.map(({ fromUs, toUs }) => {
    const free = ends.findIndex((end) => end <= fromUs);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = toUs;
    return lane;
  });
  return { lanes, laneCount: ends.length };
}
