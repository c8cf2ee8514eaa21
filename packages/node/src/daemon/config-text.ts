// The config.toml that `init` writes: what was asked for, and every other default as a comment.

import { stringify } from "smol-toml";
import { DEFAULT_CONFIG } from "../config/defaults.ts";
import type { NodeConfig } from "../config/schema.ts";

type Table = { readonly [key: string]: unknown };

/** TOML text that loads to `config`; keys that have their default value are written as comments. */
export function configText(config: NodeConfig): string {
  const lines = ["# Configuration of this node. Order of precedence: flag, environment, this file, default.", ""];
  const top = Object.entries(config).filter(([, value]) => !isTable(value));
  for (const [key, value] of top)
    lines.push(assignment(key, value, sameAsDefault(value, tableOf(DEFAULT_CONFIG)[key])));
  for (const [section, table] of Object.entries(config)) {
    if (!isTable(table)) continue;
    const defaults = tableOf(tableOf(DEFAULT_CONFIG)[section]);
    lines.push("", `[${section}]`);
    for (const [key, value] of Object.entries(table))
      lines.push(assignment(key, value, sameAsDefault(value, defaults[key])));
  }
  return `${lines.join("\n")}\n`;
}

function assignment(key: string, value: unknown, isDefault: boolean): string {
  const text =
    Array.isArray(value) && value.some(isTable) ? inlineTables(key, value) : stringify({ [key]: value }).trimEnd();
  return isDefault ? `# ${text}` : text;
}

function inlineTables(key: string, tables: readonly unknown[]): string {
  const rows = tables.map((table) => {
    const fields = Object.entries(tableOf(table)).map(([name, value]) => stringify({ [name]: value }).trimEnd());
    return `  { ${fields.join(", ")} },`;
  });
  return `${key} = [\n${rows.join("\n")}\n]`;
}

function sameAsDefault(value: unknown, fallback: unknown): boolean {
  return JSON.stringify(value) === JSON.stringify(fallback);
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function tableOf(value: unknown): Table {
  return isTable(value) ? value : {};
}
