// Rule numbers and tests name each other; written on small repositories made of strings.

import { expect, test } from "vitest";
import { checkProtocolRules, citedRules, declaredRules, rulesIn, testTitles } from "../../tidy/protocol-rules.ts";

const ruleDocument = (text: string) => ({ path: "docs/protocol.md", text });
const testFile = (text: string) => ({ path: "packages/consensus/test/dag.test.ts", text });
const sourceFile = (text: string) => ({ path: "packages/consensus/src/dag.ts", text });

test("a rule is declared in bold or in a heading, and bold words are no rules", () => {
  const text = "- **P1** a. **P2** b\n- **S2 order.** c\n### U3 d\n**C** e **F+1** f **Q = S − F** and P9 in passing";
  expect(new Set(declaredRules(text))).toEqual(new Set(["P1", "P2", "S2", "U3"]));
});

test("a citation opens its comment; slots named in prose are not meant", () => {
  const source = "a(); // P4\n// D1, D2: park it\n// P5 and P6 hold\n// the slots P1 and C0\n// P(3) is a slot\n";
  expect(new Set(citedRules(source))).toEqual(new Set(["D1", "D2", "P4", "P5", "P6"]));
});

test("a range of rules means each of them", () => {
  expect(new Set(rulesIn("P1–P3 and S4"))).toEqual(new Set(["P1", "P2", "P3", "S4"]));
});

test("titles are found behind modifiers and in every kind of quote", () => {
  const source = [
    'test("one", () => {});',
    "it.each([[1, 2], [(3), 4]])('two %s', () => {});",
    "describe(`three ${n}`, () => {});",
    'test.prop([fc.nat()])(\n  "four",\n  () => {});',
    'test.skipIf(isAbsent)("five \\" quoted", () => {});',
    'regexp.test(value); const test = "six";',
  ].join("\n");
  expect(testTitles(source)).toEqual(["one", "two %s", "three ${n}", "four", 'five \\" quoted']);
});

test("a rule that no test title names is a problem, and one that is named is none", () => {
  const document = ruleDocument("**P1** x\n**P2** y");
  const problems = checkProtocolRules([document, testFile('test("P1: x", f); const s = "P2";')]);
  expect(problems.map(({ message }) => message)).toEqual(["rule P2 has no test with its number in the title"]);
  expect(checkProtocolRules([document, testFile('test("P1–P2: x", f)')])).toEqual([]);
});

test("a rule cited by a source but declared nowhere is a problem", () => {
  const files = [ruleDocument("**P1** x"), testFile('test("P1", f)'), sourceFile("// P8\n")];
  expect(checkProtocolRules(files)).toEqual([
    { path: "packages/consensus/src/dag.ts", message: "cites rule P8, which docs/protocol.md does not declare" },
  ]);
});

test("a document that is absent or declares nothing is a problem", () => {
  expect(checkProtocolRules([])).toHaveLength(1);
  expect(checkProtocolRules([ruleDocument("# Protocol")])).toHaveLength(1);
});
