// Commands that make things: keys, the genesis of a test network, a node's home.

import type { Command } from "commander";
import {
  type CliContext,
  JSON_FLAG,
  JSON_HELP,
  onAction,
  onActionWithArgument,
  repeated,
  wholeNumber,
  withHome,
} from "../context.ts";

export function registerSetupCommands(program: Command, context: CliContext): void {
  registerKey(program, context);
  registerGenesis(program, context);
  const init = withHome(
    program
      .command("init")
      .description("make a node's home: configuration, database, key; refuses a home that exists (exit 73)")
      .requiredOption("--network <file>", "the network's genesis file; genesis-weights/ lies beside it")
      .requiredOption("--role <role>", "validator, observer or device")
      .option("--key <file>", "key file of the validator or device (an observer makes its own)")
      .option("--password-file <file>", "file whose first line is the key's password")
      .option("--listen <multiaddr>", "address for other nodes, repeatable", repeated)
      .option("--peer <[index=]multiaddr>", "another node; index is its place in the committee; repeatable", repeated)
      .option("--api-port <port>", "port of the HTTP interface on loopback", wholeNumber("--api-port", 0, 65_535))
      .option("--mode <mode>", "direct or gossip: how blocks travel")
      .option("--gateway <url>", "for a device: a node to talk to, in order of preference; repeatable", repeated),
  );
  onAction(init, context, async () => (await import("../actions/init.ts")).runInit);
}

function registerKey(program: Command, context: CliContext): void {
  const key = program.command("key").description("encrypted key files");
  const create = key
    .command("new")
    .description("make a key and write it encrypted; refuses to overwrite (exit 73)")
    .requiredOption("--out <file>", "where to write the key file")
    .option("--kind <kind>", "device, validator or node", "device")
    .option("--password-file <file>", "file whose first line is the password; asked for on a terminal otherwise")
    .option("--kdf-profile <profile>", "standard (256 MiB, about 1 s) or edge (32 MiB), for small devices", "standard")
    .option(JSON_FLAG, JSON_HELP);
  onAction(create, context, async () => (await import("../actions/key.ts")).newKey);
  const list = withHome(key.command("list").description("the keys of a home"));
  onAction(list, context, async () => (await import("../actions/key.ts")).listKeys);
  const inspect = key
    .command("inspect <file>")
    .description("kind and public key; with a password file, also whether the file opens")
    .option("--password-file <file>", "file whose first line is the password")
    .option(JSON_FLAG, JSON_HELP);
  onActionWithArgument(inspect, context, async () => (await import("../actions/key.ts")).inspectKey);
  const exported = key
    .command("export-public <file>")
    .description("the public key as hex")
    .option(JSON_FLAG, JSON_HELP);
  onActionWithArgument(exported, context, async () => (await import("../actions/key.ts")).exportPublicKey);
}

function registerGenesis(program: Command, context: CliContext): void {
  const genesis = program.command("genesis").description("the file that a network starts from");
  const create = genesis
    .command("new")
    .description("deal a test network: genesis, initial weights and every key in one folder, made by one party")
    .requiredOption("--out <dir>", "folder to write to; refuses one that holds a genesis (exit 73)")
    .option("--validators <n>", "validators", wholeNumber("--validators", 1, 256), 4)
    .option("--stakes <list>", "their stakes, as in 3,2,2,1 (default: 1 each)")
    .option("--devices <n>", "devices", wholeNumber("--devices", 0, 4096), 8)
    .option("--name <name>", "name of the network", "test")
    .option("--model <id>", "id of the model", "digits")
    .option(
      "--hidden <n>",
      "hidden units of the digit reader; 0 is softmax regression",
      wholeNumber("--hidden", 0, 4096),
      32,
    )
    .option("--seed <text>", "seed of the initial weights", "1")
    .option("--buffer-size <n>", "updates in a version", wholeNumber("--buffer-size", 1))
    .option("--minimum <n>", "least updates once the window has passed", wholeNumber("--minimum", 1))
    .option(
      "--window-commits <n>",
      "commits after which a version may close with fewer",
      wholeNumber("--window-commits", 1),
    )
    .option(
      "--per-device-max <n>",
      "updates of one device in a version (default: its part if all devices fill one evenly)",
      wholeNumber("--per-device-max", 1),
    )
    .option("--max-staleness <n>", "versions that an update's base may lie behind", wholeNumber("--max-staleness", 0))
    .option("--norm-max <n>", "hard bound on a delta's L2 norm", wholeNumber("--norm-max", 1))
    .option("--aggregator <name>", "weighted-mean or coordinate-median")
    .option("--clip <rule>", "median-norm or none")
    .option("--kdf-profile <profile>", "standard or edge: how costly the key files are to open", "edge")
    .option(JSON_FLAG, JSON_HELP);
  onAction(create, context, async () => (await import("../actions/genesis.ts")).newGenesis);
  const show = genesis
    .command("show <file>")
    .description("what a genesis file says, and its chain id")
    .option(JSON_FLAG, JSON_HELP);
  onActionWithArgument(show, context, async () => (await import("../actions/genesis.ts")).showGenesis);
}
