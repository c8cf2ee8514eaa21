// Texts of files, adversaries and peers as they are printed: no control character among them acts on a terminal.

import { describe, expect, test } from "vitest";
import { jsonLine, oneLine, printable } from "../../src/cli/output.ts";

const HOSTILE = "a\u001b[2J\r\u009b1mb\nc\u007f";

describe("a hostile text", () => {
  test("keeps its lines and nothing else that acts", () => {
    expect(printable(HOSTILE)).toBe("a?[2J??1mb\nc?");
  });

  test("within a line is one line", () => {
    expect(oneLine(HOSTILE)).toBe("a?[2J??1mb?c?");
  });

  test("in JSON is escaped and read back as it was", () => {
    const line = jsonLine({ [HOSTILE]: HOSTILE });
    expect(line).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(JSON.parse(line)).toEqual({ [HOSTILE]: HOSTILE });
  });
});
