// The unit and the container file say what docs/operations.md promises, name commands and flags that exist, and agree with
// the exit codes. systemd's own checks run where systemd is; nothing here can build an image.

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { EXIT } from "../../src/errors.ts";
import { MALLOC_ENVIRONMENT } from "../../src/malloc-environment.ts";

const DEPLOY = fileURLToPath(new URL("../../../../deploy/", import.meta.url));
const UNIT = readFileSync(join(DEPLOY, "selvedge.service"), "utf8");
const CONTAINER = readFileSync(join(DEPLOY, "Containerfile"), "utf8");
const ANALYZE = "/usr/bin/systemd-analyze";
/** Of `systemd-analyze security`, 0 is best and 10 is worst. */
const EXPOSURE_MAX = 2.5;

function directive(name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, "mu").exec(UNIT)?.[1];
}

function commandNamed(name: string): Command {
  const program = createProgram({
    output: { data: async () => undefined, note: () => undefined, isTerminal: false, hasColour: false },
    onExitCode: () => undefined,
  });
  const command = program.commands.find((known) => known.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return command;
}

function expectKnown(name: string, argv: readonly string[]): void {
  const flags = commandNamed(name).options.map(({ long }) => long);
  for (const flag of argv.filter((word) => word.startsWith("--"))) expect(flags).toContain(flag);
}

describe("deploy/selvedge.service", () => {
  test.each([
    ["Type", "exec"],
    ["DynamicUser", "yes"],
    ["StateDirectory", "selvedge"],
    ["StateDirectoryMode", "0700"],
    ["UMask", "0077"],
    ["Restart", "on-failure"],
    ["RestartSec", "10s"],
    ["RestartForceExitStatus", "SIGHUP"],
    ["TimeoutStopSec", "45"],
    ["LimitNOFILE", "40000"],
    ["OOMPolicy", "stop"],
    ["NoNewPrivileges", "yes"],
    ["ProtectSystem", "strict"],
    ["SystemCallFilter", "@system-service"],
    ["CapabilityBoundingSet", ""],
    ["RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"],
  ])("%s=%s", (name, value) => {
    expect(directive(name)).toBe(value);
  });

  test("does what would break the node in no case: no denied code memory, no wait for a clock", () => {
    expect(UNIT).not.toMatch(/^MemoryDenyWriteExecute=/mu);
    expect(UNIT).not.toMatch(/^(After|Wants|Requires)=.*time-sync/mu);
  });

  test("is not started again after an exit that needs a person, and is after all others", () => {
    const { usage, corrupt, invariant, exists, wrongChain, permission, config } = EXIT;
    const wanted = [usage, corrupt, invariant, exists, wrongChain, permission, config];
    expect(directive("RestartPreventExitStatus")?.split(" ").map(Number)).toEqual(wanted);
  });

  test("sets the allocator as nodes started here do, and so does the container", () => {
    const settings = Object.entries(MALLOC_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
    expect(directive("Environment")?.split(" ")).toEqual(settings);
    expect(CONTAINER).toContain(`\nENV ${settings.join(" ")}\n`);
  });

  test("starts a command that exists, with flags that it has", () => {
    const [, command = "", ...argv] = (directive("ExecStart") ?? "").split("main.ts").at(-1)?.split(" ") ?? [];
    expect(command).toBe("start");
    expectKnown("start", argv);
  });

  test.skipIf(!existsSync(ANALYZE))("passes systemd's own checks, with little exposed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "selvedge-unit-"));
    try {
      const path = join(folder, "selvedge.service");
      // A path of this machine, so that what is checked exists; a link, since its own may have spaces.
      const node = join(folder, "node");
      await symlink(process.execPath, node);
      await writeFile(path, UNIT.replaceAll("/opt/selvedge/node_modules/.bin/node", node));
      const options: ExecFileSyncOptionsWithStringEncoding = { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
      expect(execFileSync(ANALYZE, ["verify", "--man=no", path], options)).toBe("");
      const security = execFileSync(ANALYZE, ["security", "--offline=yes", "--no-pager", path], options);
      const exposure = /Overall exposure level for .*: (?<level>[0-9.]+)/u.exec(security)?.groups?.["level"];
      expect(Number(exposure)).toBeLessThan(EXPOSURE_MAX);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("deploy/Containerfile", () => {
  test("runs as nobody, without a shell, on a volume, and stops on SIGTERM", () => {
    expect(CONTAINER).toMatch(/^USER 65532:65532$/mu);
    expect(CONTAINER).toMatch(/^VOLUME \/data$/mu);
    expect(CONTAINER).toMatch(/^STOPSIGNAL SIGTERM$/mu);
    expect(CONTAINER).toMatch(/^ARG BASE=gcr\.io\/distroless\//mu);
    const lastStage = CONTAINER.split(/^FROM /mu).at(-1) ?? "";
    expect(lastStage).not.toMatch(/^RUN /mu);
    for (const line of lastStage.match(/^\s*(ENTRYPOINT|CMD) .*$/gmu) ?? []) expect(line).toMatch(/^\s*\w+ \[/u);
  });

  test("asks for health with a command and flags that exist", () => {
    const words: unknown = JSON.parse(
      /HEALTHCHECK[^[]*CMD (?<argv>\[[^\]]*\])/su.exec(CONTAINER)?.groups?.["argv"] ?? "[]",
    );
    const argv = Array.isArray(words) ? words.map(String) : [];
    expect(argv[2]).toBe("healthcheck");
    expectKnown("healthcheck", argv.slice(3));
  });

  // What is in distroless/cc; a Node linked with anything else ends with 127 there.
  const BASE_LIBRARIES = /^(linux-vdso|ld-linux|lib(c|dl|gcc_s|m|pthread|stdc\+\+)\.so)/u;
  const libraries = librariesOf(process.execPath);

  test.runIf(libraries.length > 0)("brings the libraries that Node needs and the base does not have", () => {
    expect(libraries.some((name) => name.startsWith("libstdc++.so"))).toBe(true);
    const missing = libraries.filter((name) => !BASE_LIBRARIES.test(name));
    for (const name of missing) expect(CONTAINER).toContain(`-linux-gnu/${name} /opt/lib/`);
    expect(CONTAINER).toMatch(/^COPY --from=build \/opt\/lib \/opt\/lib$/mu);
    expect(CONTAINER).toMatch(/^ENV LD_LIBRARY_PATH=\/opt\/lib$/mu);
  });

  test("copies only what is there", () => {
    const root = join(DEPLOY, "..");
    for (const [, sources = ""] of CONTAINER.matchAll(/^COPY (?!--from)(.*) \S+$/gmu))
      for (const source of sources.split(" ")) expect(existsSync(join(root, source)), source).toBe(true);
  });
});

/** Names of the shared libraries that a program is linked with; none where `ldd` is not to be had. */
function librariesOf(file: string): string[] {
  const { stdout } = spawnSync("ldd", [file], { encoding: "utf8" });
  return [...(stdout ?? "").matchAll(/^\s+(?:\S*\/)?(?<name>[^\s/]+)/gmu)].map(({ groups }) => groups?.["name"] ?? "");
}
