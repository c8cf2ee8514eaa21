// The repository's own lint, for what no tool knows. Run by scripts/check.ts; prints one line per problem.

import { dirname } from "node:path";
import { checkProtocolRules } from "./tidy/protocol-rules.ts";
import { checkErrorCodes, checkLimits } from "./tidy/registers.ts";
import { type Problem, readRepository, textFiles } from "./tidy/repository.ts";
import { checkSize, checkText } from "./tidy/text.ts";

function problemsIn(root: string): readonly Problem[] {
  const files = readRepository(root);
  const texts = textFiles(files);
  return [
    ...checkProtocolRules(texts),
    ...checkLimits(texts),
    ...checkErrorCodes(texts),
    ...texts.flatMap(checkText),
    ...files.flatMap(checkSize),
  ];
}

const problems = problemsIn(dirname(import.meta.dirname));
for (const { path, message } of problems) process.stdout.write(`${path}: ${message}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
