// Puts the page's modules into one script: imports are dropped and exports become plain declarations, which is right as
// long as the modules come in order and no two of them declare one name (a test sees to that).

export interface ClientModule {
  readonly name: string;
  readonly text: string;
}

const IMPORT = /^import [^;]*;\n/gm;
const EXPORT = /^export (?=(?:async )?(?:function|class|const|let) )/gm;

export function bundle(modules: readonly ClientModule[]): string {
  const bodies = modules.map(({ text }) => text.replaceAll(IMPORT, "").replaceAll(EXPORT, ""));
  return `"use strict";\n{\n${bodies.join("\n")}\n}`;
}
