// Commands of devices, and of all who read models.

import type { Command } from "commander";
import { type CliContext, onAction, onActionWithArgument, repeated, wholeNumber, withHome } from "../context.ts";

const GATEWAY_HELP =
  "a node to talk to, in order of preference; repeatable (default: device.gateways of the configuration)";

export function registerDeviceCommands(program: Command, context: CliContext): void {
  const device = program.command("device").description("train and submit, from a home made by init --role device");
  registerSubmit(device, context);
  registerTrain(device, context);
  const flush = common(
    device.command("flush").description("deliver what waits in the outbox; exit 75 if something still waits"),
  );
  onAction(flush, context, async () => (await import("../actions/device.ts")).flushOutbox);
  const status = common(
    device.command("status").description("the outbox, the newest verified checkpoint, the device's sequences"),
  );
  onAction(status, context, async () => (await import("../actions/device.ts")).deviceStatus);
  registerModel(program, context);
}

function common(command: Command): Command {
  return withHome(command, (home) => home.option("--gateway <url>", GATEWAY_HELP, repeated));
}

function registerSubmit(device: Command, context: CliContext): void {
  const submit = common(
    device
      .command("submit")
      .description("sign an update, keep it in the outbox, deliver it; exit 75 if it waits for a gateway"),
  )
    .requiredOption("--model <id>", "the model")
    .option("--delta <file>", "safetensors file with the delta")
    .option("--weights <file>", "safetensors file with trained weights: the delta is the difference to the base")
    .option(
      "--base <version>",
      "version that the delta is relative to, latest, or with --delta the digest of its record",
      "latest",
    )
    .option("--codec <codec>", "f32, f16, bf16, int8 or topk", "f32")
    .requiredOption("--samples <n>", "samples that the update rests on", wholeNumber("--samples", 1));
  onAction(submit, context, async () => (await import("../actions/device.ts")).submitUpdate);
}

function registerTrain(device: Command, context: CliContext): void {
  const train = common(
    device
      .command("train")
      .description("train the digit reader on this device's samples and submit, version after version"),
  )
    .option("--model <id>", "the model", "digits")
    .option("--data <source>", "drawn, or a folder with MNIST in IDX form", "drawn")
    .option("--shard <i/n>", "this device's part of a Dirichlet(0.5) split over n devices, i from 0", "0/1")
    .option("--seed <text>", "seed of the data, the split and the order of batches", "1")
    .option("--codec <codec>", "f32, f16, bf16, int8 or topk", "f32")
    .option("--until-version <n>", "end once the model has this version", wholeNumber("--until-version", 1))
    .option("--rounds <n>", "end after so many updates", wholeNumber("--rounds", 1))
    .option("--online <on/period>", "be online only the first ON seconds of every PERIOD")
    .option("--poison <attack>", "for experiments: sign-flip:FACTOR sends the delta times −FACTOR");
  onAction(train, context, async () => (await import("../actions/train.ts")).runTrain);
}

function registerModel(program: Command, context: CliContext): void {
  const model = program.command("model").description("models, their versions and their weights");
  const reading = (command: Command): Command =>
    withHome(command, (home) =>
      home.option("--api <url>", "ask this node in place of the home's, or of a device's gateways"),
    );
  const list = reading(model.command("list").description("all models, as a node tells it"));
  onAction(list, context, async () => (await import("../actions/model.ts")).listModels);
  const show = reading(
    model.command("show <model>").description("one model and its newest versions, as a node tells it"),
  );
  onActionWithArgument(show, context, async () => (await import("../actions/model.ts")).showModel);
  const pull = reading(
    model
      .command("pull <model>")
      .description("fetch weights, verified from the genesis on: checkpoint, version record, every byte"),
  )
    .requiredOption("--out <file>", "safetensors file to write; refuses to overwrite (exit 73)")
    .option("--version <n>", "version, or latest", "latest")
    .option("--genesis <file>", "what to trust (default: the home's genesis)");
  onActionWithArgument(pull, context, async () => (await import("../actions/model.ts")).pullModel);
  const verify = reading(
    model.command("verify <file>").description("is this file a version that the network certified? exit 65 if not"),
  )
    .requiredOption("--model <id>", "the model")
    .option("--version <n>", "version, or latest", "latest")
    .option("--genesis <file>", "what to trust (default: the home's genesis)");
  onActionWithArgument(verify, context, async () => (await import("../actions/model.ts")).verifyModelFile);
}
