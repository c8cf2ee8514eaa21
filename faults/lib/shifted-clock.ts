// Loaded into a daemon with `--import`, before anything else: its wall clock stands FAULTS_CLOCK_SHIFT_MS off and runs at
// FAULTS_CLOCK_RATE (0 stands still). The monotonic clock and timers are left alone, as on a machine whose date was set.

const shiftMs = Number(process.env["FAULTS_CLOCK_SHIFT_MS"] ?? "0");
const rate = Number(process.env["FAULTS_CLOCK_RATE"] ?? "1");

const RealDate = Date;
const startMs = RealDate.now();
const shiftedNow = (): number => Math.floor(startMs + shiftMs + (RealDate.now() - startMs) * rate);

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => {
    const made: unknown = Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget);
    if (made instanceof RealDate) return made;
    throw new TypeError("Date makes a Date");
  },
  apply: () => new RealDate(shiftedNow()).toString(),
  get: (target, name, receiver) => {
    const value: unknown = name === "now" ? shiftedNow : Reflect.get(target, name, receiver);
    return value;
  },
});
