// The page in a real browser: it draws, it answers to mouse and keys, hostile names stay text, and it draws no more than
// what is in sight. Skipped where there is no browser.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTrace } from "../../src/trace/read-trace.ts";
import { buildView } from "../../src/viewer/build-view.ts";
import { renderView } from "../../src/viewer/render-view.ts";
import type { ViewData } from "../../src/viewer/view-data.ts";
import { tracedNetwork } from "../trace/traced-network.ts";
import { Page, browserPath } from "./browser.ts";
import { syntheticTrace } from "./synthetic-trace.ts";

const path = browserPath();
const HOSTILE = `<img src=x onerror="window.wasHacked=1"></script><script>window.wasHacked=1</script>`;
const TIMEOUT_MS = 120_000;

if (path === undefined) console.warn("no chromium on the PATH nor in SELVEDGE_BROWSER: the viewer is not tried in one");

describe.skipIf(path === undefined)("the page in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-view-"));
  let page: Page;

  beforeAll(async () => {
    page = await Page.open(path ?? "");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await page[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }, TIMEOUT_MS);

  async function show(view: ViewData): Promise<void> {
    const file = join(folder, "view.html");
    writeFileSync(file, renderView(view));
    page.complaints.length = 0;
    await page.goto(`file://${file}`);
  }

  const panel = async (): Promise<string> =>
    String(await page.evaluate("document.getElementById('panel').textContent"));
  const clock = async (): Promise<string> =>
    String(await page.evaluate("document.getElementById('clock').textContent"));

  /** Middle of a block on the canvas, in the page. */
  async function placeOf(author: number, round: number): Promise<readonly [number, number]> {
    const place = await page.evaluate(`(() => {
      const { scene, canvas, model } = selvedgeView;
      const { blocks } = model.view;
      const found = scene.places.find(({ block }) => blocks.author[block] === ${author} && blocks.round[block] === ${round});
      const box = canvas.getBoundingClientRect();
      return [box.left + found.x, box.top + found.y];
    })()`);
    return place as [number, number];
  }

  /** Pixels of the canvas that are not of its ground. */
  const inkCount = (): Promise<unknown> =>
    page.evaluate(`(() => {
      const { canvas } = selvedgeView;
      const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at] !== data[0] || data[at + 1] !== data[1] || data[at + 2] !== data[2]) count += 1;
      }
      return count;
    })()`);

  describe("of four nodes, one of which crashes", () => {
    beforeAll(async () => {
      const trace = tracedNetwork({
        size: 4,
        untilMs: 2500,
        crash: [3, 500, 1200],
        scenario: { name: HOSTILE, faults: [{ type: "crash", nodes: [3], fromMs: 500, toMs: 1200 }] },
      });
      await show(buildView(readTrace(trace)));
    }, TIMEOUT_MS);

    it("draws, asks for nothing, and complains of nothing", async () => {
      expect(page.complaints).toEqual([]);
      expect(await inkCount()).toBeGreaterThan(20_000);
      expect(await page.evaluate("document.getElementById('verdict').textContent")).toBe("no result");
    });

    it("shows a hostile name as text", async () => {
      expect(await page.evaluate("document.getElementById('name').textContent")).toBe(HOSTILE);
      expect(await page.evaluate("document.querySelectorAll('img').length + Number(window.wasHacked ?? 0)")).toBe(0);
    });

    it("a click on a block tells all about it; its parents are links", async () => {
      await page.press("0");
      const [x, y] = await placeOf(1, 8);
      await page.click(x, y);
      expect(await panel()).toMatch(
        /Block 1·8.*author1round8digest.*signed at.*commit \d+.*Parents \([34]\).*Accepted by [34] of 4/s,
      );
      const parent = String(await page.evaluate("document.querySelector('.chips button').textContent"));
      await page.evaluate("document.querySelector('.chips button').click()");
      expect(await panel()).toContain(`Block ${parent}`);
      await page.press("Escape");
      expect(await panel()).toMatch(/The run/);
    });

    it("steps go from event to event and back; the slider scrubs", async () => {
      await page.press("Home");
      expect(await clock()).toBe("0 ms");
      const early = await inkCount();
      for (let count = 0; count < 3; count += 1) await page.press("ArrowRight");
      const later = await clock();
      expect(later).not.toBe("0 ms");
      await page.press("ArrowRight");
      await page.press("ArrowLeft");
      expect(await clock()).toBe(later);
      await page.evaluate(
        `(() => { const scrub = document.getElementById("scrub"); scrub.value = "9000"; scrub.dispatchEvent(new Event("input")); })()`,
      );
      await page.settle();
      expect(await clock()).toMatch(/^2\.\d+ s$/);
      expect(await inkCount()).toBeGreaterThan(Number(early));
    });

    it("a skipped slot shows who blamed it", async () => {
      await page.evaluate(
        `selvedgeView.select({ type: "slot", id: selvedgeView.model.view.slots.findIndex(({ state }) => state === "skip") })`,
      );
      expect(await panel()).toMatch(/verdictskipped.*blames.*Blames ▽ \([34]\)/s);
    });

    it("a node's own view holds less than everybody's at the same time", async () => {
      const seen = `selvedgeView.model.inOrder.filter((block) => selvedgeView.scene.isSeen(block)).length`;
      await page.evaluate("selvedgeView.setNow(1000000)");
      const all = Number(await page.evaluate(seen));
      await page.evaluate("selvedgeView.setSeenBy(3)");
      expect(Number(await page.evaluate(seen))).toBeLessThan(all);
      await page.evaluate("selvedgeView.setSeenBy(-1)");
    });

    it("changes axis, theme and rows, plays, and still complains of nothing", async () => {
      for (const key of ["t", "d", "s", "+", "-", "j", "k", "l", "e", "a", "?"]) await page.press(key);
      expect(await page.evaluate("document.getElementById('about').open")).toBe(true);
      await page.evaluate("document.getElementById('about').close()");
      await page.evaluate(
        `(() => { const nodes = document.getElementById("nodes"); nodes.value = "0-1,3"; nodes.dispatchEvent(new Event("input")); })()`,
      );
      expect(await page.evaluate("selvedgeView.scene.state.shown")).toEqual([0, 1, 3]);
      await page.press("Home");
      await page.press(" ");
      await page.settle();
      await page.settle();
      expect(await clock()).not.toBe("0 ms");
      await page.press(" ");
      expect(page.complaints).toEqual([]);
    });
  });

  /** Calls of the canvas for one frame: what a frame costs, whatever else the machine does. */
  const frameCalls = async (): Promise<number> =>
    Number(
      await page.evaluate(`(() => {
        const { prototype } = CanvasRenderingContext2D;
        const names = ["moveTo", "lineTo", "fillRect", "strokeRect", "fillText", "fill", "stroke", "arc"];
        const own = names.map((name) => prototype[name]);
        let count = 0;
        names.forEach((name, position) => {
          prototype[name] = function (...values) {
            count += 1;
            return own[position].apply(this, values);
          };
        });
        selvedgeView.paint();
        names.forEach((name, position) => {
          prototype[name] = own[position];
        });
        return count;
      })()`),
    );

  it("a frame costs what is in sight, however long the run", { timeout: TIMEOUT_MS }, async () => {
    await show(buildView(syntheticTrace({ size: 16, rounds: 200 })));
    const short = await frameCalls();
    expect(short).toBeLessThan(25_000);
    await show(buildView(syntheticTrace({ size: 16, rounds: 500 })));
    expect(await frameCalls()).toBeLessThan(short * 1.3);
  });

  it("opens 100 nodes", { timeout: TIMEOUT_MS }, async () => {
    await show(buildView(syntheticTrace({ size: 100, rounds: 40 })));
    expect(await inkCount()).toBeGreaterThan(20_000);
    expect(await frameCalls()).toBeLessThan(60_000);
    expect(page.complaints).toEqual([]);
  });
});
