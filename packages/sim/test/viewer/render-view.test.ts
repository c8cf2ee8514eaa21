// The page is one file that asks for nothing and runs nothing but its own script, whatever names the trace holds.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { buildView } from "../../src/viewer/build-view.ts";
import { asScriptData, renderView } from "../../src/viewer/render-view.ts";
import { syntheticTrace } from "./synthetic-trace.ts";

const HOSTILE = `</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> & {{data}} $& "`;
const CLIENT = join(import.meta.dirname, "../../src/viewer/client");

const view = buildView(syntheticTrace({ size: 4, rounds: 9, scenario: { name: HOSTILE } }));
const page = renderView(view);
const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)].map(([, attributes, text]) => ({
  attributes: attributes ?? "",
  text: text ?? "",
}));

describe("the page", () => {
  it("has two scripts, its data and its own, whatever the trace is called", () => {
    expect(scripts.map(({ attributes }) => attributes)).toEqual([' type="application/json" id="data"', ""]);
    expect(page.match(/<!--/)).toBeNull();
    expect(page.match(/<img/i)).toBeNull();
  });

  it("gives the data back as they were", () => {
    expect(JSON.parse(scripts[0]?.text ?? "")).toEqual(JSON.parse(JSON.stringify(view)));
  });

  it("allows its own script and style alone", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hash(scripts[1]?.text ?? "")};`);
    expect(policy).toContain(`style-src ${hash(style)};`);
    expect(policy).not.toContain("unsafe");
  });

  it("names no other file", () => {
    const [head, , script] = page.split(/<script[^>]*>/);
    const elements = [...(head ?? "").replace(/<title>[^]*<\/title>/, "").matchAll(/<[^>]*>/g)].join("");
    expect(elements.length).toBeGreaterThan(1000);
    expect(
      `${elements}${script}`.match(
        /(?:src|href)\s*=|https?:|url\(|@import|^import|\bimport\(|\bfetch\(|XMLHttpRequest/m,
      ),
    ).toBeNull();
  });

  it("makes no markup of text", () => {
    expect(scripts[1]?.text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/);
  });

  it("has all modules in it, and they are one sound script without two of a name", () => {
    const script = scripts[1]?.text ?? "";
    expect(() => new Script(script)).not.toThrow();
    const names = [...script.matchAll(/^(?:async )?(?:function|class|const|let) (\w+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(60);
    expect(names.length).toBe(new Set(names).size);
    for (const file of readdirSync(CLIENT).filter((name) => name.endsWith(".js"))) {
      const [first] = /^export (?:class|function) \w+/m.exec(readFileSync(join(CLIENT, file), "utf8")) ?? ["class App"];
      expect(script).toContain(first.replace("export ", ""));
    }
  });
});

describe("data in a script element", () => {
  it.each(["</script>", "<!--", "\u2028 \u2029", "a & b > c", '"\\u003c'])(
    "%j comes back, and closes nothing",
    (text) => {
      const data = asScriptData({ text });
      expect(data).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(data)).toEqual({ text });
    },
  );
});
