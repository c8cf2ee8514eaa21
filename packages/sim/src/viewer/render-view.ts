// A view as one HTML file that needs nothing else: the data, the page's style and its script stand in it. Its policy lets
// only that script and style run and forbids all requests. Names from the trace appear as text, never as markup.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bundle } from "./bundle.ts";
import type { ViewData } from "./view-data.ts";

/** In the order in which they may use one another. */
const MODULES = [
  "model.js",
  "axis.js",
  "palette.js",
  "layout.js",
  "panel.js",
  "draw-dag.js",
  "draw-tracks.js",
  "overview.js",
  "hit.js",
  "scene.js",
  "help.js",
  "app.js",
];

export function renderView(view: ViewData): string {
  const script = bundle(MODULES.map((name) => ({ name, text: clientFile(name) })));
  const style = clientFile("page.css");
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${asText(`${view.name} · ${view.verdict ?? "no result"}`)}</title>`,
    `<style>${style}</style>`,
    clientFile("page.html"),
    `<script type="application/json" id="data">${asScriptData(view)}</script>`,
    `<script>${script}</script>`,
    "</html>\n",
  ].join("\n");
}

/** JSON that cannot end the element it stands in, nor open a comment. */
export function asScriptData(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll(">", "\\u003e")
    .replaceAll("&", "\\u0026")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

function asText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function clientFile(name: string): string {
  return readFileSync(new URL(`./client/${name}`, import.meta.url), "utf8");
}
