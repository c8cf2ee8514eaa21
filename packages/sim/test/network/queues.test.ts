// Network cards: waiting times as queueing theory has them, one queue for all links of a node, bursts, buffers, trace replay.

import { describe, expect, it } from "vitest";
import { parseTrace } from "../../src/network/trace-replay.ts";
import { choicesOf, modelOf, send } from "./statistics.ts";

const SERVICE_US = 1000;
/** 1000 bytes take 1000 µs. */
const RATE = { sizeBytes: 1000, mbps: 8 };
const NO_DELAY = { type: "constant" as const, ms: 0 };

/** Mean waiting time, without service, over Poisson arrivals at this load. */
function waitingUs(load: number, messages: number, pass: (nowUs: number, index: number) => number): number {
  const choices = choicesOf(21);
  let clockUs = 0;
  let sum = 0;
  for (let index = 0; index < messages; index += 1) {
    clockUs -= (Math.log(1 - choices.fraction()) * SERVICE_US) / load;
    const nowUs = Math.round(clockUs);
    sum += pass(nowUs, index) - nowUs - SERVICE_US;
  }
  return sum / messages;
}

/** Pollaczek–Khinchine for constant service. */
const theoryUs = (load: number): number => (load * SERVICE_US) / (2 * (1 - load));

describe("waiting at a card is that of M/D/1 within 2 %", () => {
  const messagesAt: readonly (readonly [number, number])[] = [
    [0.5, 400_000],
    [0.8, 1_000_000],
    [0.9, 3_000_000],
  ];
  for (const [load, messages] of messagesAt) {
    it(`egress, load ${load}, over all links together`, () => {
      const model = modelOf({ latency: NO_DELAY, bandwidth: { egressMbps: RATE.mbps }, isFifo: false });
      const transmission = { from: 0, to: 1, sizeBytes: RATE.sizeBytes, nowUs: 0 };
      const waited = waitingUs(load, messages, (nowUs, index) => {
        transmission.nowUs = nowUs;
        transmission.to = 1 + (index % 3);
        return model.transmit(transmission)[0]?.atUs ?? 0;
      });
      expect(Math.abs(waited / theoryUs(load) - 1)).toBeLessThan(0.02);
    });
  }

  it("ingress, load 0.8, of all senders together", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { ingressMbps: RATE.mbps } });
    const waited = waitingUs(0.8, 1_000_000, (nowUs) => model.receive?.(0, RATE.sizeBytes, nowUs) ?? 0);
    expect(Math.abs(waited / theoryUs(0.8) - 1)).toBeLessThan(0.02);
  });
});

describe("egress", () => {
  it("a large message holds up what is sent behind it, to whomever; another node's does not", () => {
    const model = modelOf({ latency: { type: "constant", ms: 5 }, bandwidth: { egressMbps: 8 } });
    expect(send(model, { to: 1, sizeBytes: 1_000_000 })[0]?.atUs).toBe(1_005_000);
    expect(send(model, { to: 2, sizeBytes: 1000 })[0]?.atUs).toBe(1_006_000);
    expect(send(model, { from: 3, to: 2, sizeBytes: 1000 })[0]?.atUs).toBe(6000);
  });

  it("a burst leaves ahead of the rate, and the bucket fills again while nothing is sent", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { egressMbps: 8, burstBytes: 3000 } });
    const leave = (nowUs: number): number | undefined => send(model, { sizeBytes: 1000, nowUs })[0]?.atUs;
    expect([leave(0), leave(0), leave(0), leave(0), leave(0)]).toEqual([0, 0, 0, 1000, 2000]);
    expect([leave(4000), leave(4000), leave(4000)]).toEqual([4000, 4000, 5000]);
    expect([leave(60_000), leave(60_000), leave(60_000), leave(60_000)]).toEqual([60_000, 60_000, 60_000, 61_000]);
  });

  it("what does not fit into the buffer is lost, and counted; the buffer empties at the rate", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { egressMbps: 8, bufferBytes: 3000 } });
    const isSent = (nowUs: number): boolean => send(model, { sizeBytes: 1000, nowUs }).length === 1;
    expect([isSent(0), isSent(0), isSent(0), isSent(0)]).toEqual([true, true, true, false]);
    expect([isSent(999), isSent(1000), isSent(1000)]).toEqual([false, true, false]);
    expect(model.counts()).toEqual({ bufferOverflow: 3 });
  });

  it("what the bucket lets go at once takes no room in the buffer", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { egressMbps: 8, burstBytes: 2000, bufferBytes: 1500 } });
    const isSent = (): boolean => send(model, { sizeBytes: 1000 }).length === 1;
    expect([isSent(), isSent(), isSent(), isSent()]).toEqual([true, true, true, false]);
  });

  it("without a limit there is no queue, and no second question at arrival", () => {
    const model = modelOf({ latency: NO_DELAY });
    expect(send(model, { sizeBytes: 1_000_000_000 })[0]?.atUs).toBe(0);
    expect(model.receive).toBeNull();
  });
});

describe("ingress", () => {
  it("serves by arrival, not by sending: one who comes early does not wait for one who was sent before", () => {
    const model = modelOf({ latency: { type: "matrix", matrix: "bft-5" }, bandwidth: { ingressMbps: 8 } }, { size: 5 });
    const far = send(model, { from: 4, to: 0, sizeBytes: 1000 })[0]?.atUs ?? 0;
    const near = send(model, { from: 1, to: 0, sizeBytes: 1000, nowUs: 100 })[0]?.atUs ?? 0;
    expect(near).toBeLessThan(far);
    expect(model.receive?.(0, 1000, near)).toBe(near + 1000);
    expect(model.receive?.(0, 1000, far)).toBe(far + 1000);
  });

  it("is one queue for all senders", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { ingressMbps: 8 } });
    expect([model.receive?.(0, 1000, 10), model.receive?.(0, 500, 10), model.receive?.(1, 500, 10)]).toEqual([
      1010, 1510, 510,
    ]);
  });
});

describe("replay of a mahimahi trace", () => {
  const traceMs = [1, 1, 4, 10];
  const leaveMs = (model: ReturnType<typeof modelOf>, sizeBytes: number, atMs: number, from = 0): number | null => {
    const [arrival] = send(model, { from, to: 3, sizeBytes, nowUs: atMs * 1000 });
    return arrival === undefined ? null : arrival.atUs / 1000;
  };

  it("lets 1500 bytes go at each opportunity and begins anew at its end", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { traceMs } });
    expect([0, 0, 0, 0, 0, 0, 0].map(() => leaveMs(model, 1500, 0))).toEqual([1, 1, 4, 10, 11, 11, 14]);
    expect(leaveMs(model, 1500, 0, 1)).toBe(1);
  });

  it("fills an opportunity with small messages, and spreads a large one over several", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { traceMs } });
    expect([700, 700, 700, 3000, 900].map((size) => leaveMs(model, size, 0))).toEqual([1, 1, 1, 10, 10]);
  });

  it("an opportunity that nobody used is gone, and a message at its very time still takes it", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { traceMs } });
    expect([leaveMs(model, 100, 2), leaveMs(model, 100, 4), leaveMs(model, 1400, 4), leaveMs(model, 100, 35)]).toEqual([
      4, 4, 10, 40,
    ]);
  });

  it("has a buffer", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { traceMs, bufferBytes: 3000 } });
    expect([0, 0, 0, 0, 2, 2].map((at) => leaveMs(model, 1500, at))).toEqual([1, 1, null, null, 4, 10]);
    expect(model.counts()).toEqual({ bufferOverflow: 2 });
  });

  it("carries what the trace carries over minutes", () => {
    const model = modelOf({ latency: NO_DELAY, bandwidth: { traceMs } });
    const last = Array.from({ length: 144_000 }, () => leaveMs(model, 1500, 0)).at(-1);
    expect(last).toBe(360_000);
  });

  it("reads the format and refuses what is none", () => {
    expect(parseTrace("0\n5\n\n5\n17\n")).toEqual([0, 5, 5, 17]);
    expect(() => parseTrace("1\n2.5\n")).toThrow("entry 2");
    expect(() => modelOf({ latency: NO_DELAY, bandwidth: { traceMs: [0, 0] } })).toThrow("traceMs must end after 0");
    expect(() => modelOf({ latency: NO_DELAY, bandwidth: { traceMs: [5, 3, 9] } })).toThrow("traceMs must ascend");
  });
});
