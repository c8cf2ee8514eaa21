// Commands that run nodes or ask running ones.

import type { Command } from "commander";
import {
  type CliContext,
  HOME_FLAG,
  HOME_HELP,
  JSON_FLAG,
  JSON_HELP,
  onAction,
  repeated,
  wholeNumber,
} from "../context.ts";

export function registerNodeCommands(program: Command, context: CliContext): void {
  const start = program
    .command("start")
    .description("run the node in the foreground: one ready line on stdout, logs on stderr; Ctrl-C stops it in order")
    .option(HOME_FLAG, HOME_HELP)
    .option("--log-level <level>", "trace, debug, info, warn, error or silent")
    .option("--api-port <port>", "port of the HTTP interface; 0 takes a free one", wholeNumber("--api-port", 0, 65_535))
    .option("--api-host <host>", "address of the HTTP interface; beyond loopback a token is required")
    .option("--api-token-file <file>", "file whose first line is the bearer token")
    .option("--listen <multiaddr>", "address for other nodes, repeatable", repeated)
    .option("--mode <mode>", "direct or gossip: how blocks travel")
    .option("--password-file <file>", "file whose first line is the key's password")
    .option("--sync <mode>", "auto, full or state: how a node that has nothing yet, or is far behind, joins")
    .option("--checkpoint <index:digest>", "a commit that the chain must go through when joining from a state")
    .option(JSON_FLAG, "print the ready line as JSON");
  onAction(start, context, async () => (await import("../actions/start.ts")).runStart);

  const status = program
    .command("status")
    .description("what a running node does; exit 0 healthy, 3 syncing, 4 stalled, 69 unreachable")
    .option(HOME_FLAG, HOME_HELP)
    .option("--api <url>", "ask this address in place of the home's node")
    .option("--watch", "once a second until Ctrl-C")
    .option(JSON_FLAG, JSON_HELP);
  onAction(status, context, async () => (await import("../actions/status.ts")).runStatus);

  const devnet = program
    .command("devnet")
    .description("a network of local processes with real sockets, a folder each; runs until Ctrl-C")
    .option("--validators <n>", "validators", wholeNumber("--validators", 1, 64), 4)
    .option("--observers <n>", "observers", wholeNumber("--observers", 0, 64), 0)
    .option("--devices <n>", "device keys to make", wholeNumber("--devices", 0, 4096), 0)
    .option("--mode <mode>", "direct or gossip: how blocks travel", "direct")
    .option("--log-level <level>", "log level of the nodes", "info")
    .option("--home <dir>", "folder of the network; one that exists is continued if it fits (default: a temporary one)")
    .option(JSON_FLAG, JSON_HELP);
  onAction(devnet, context, async () => (await import("../actions/devnet.ts")).runDevnet);
}
