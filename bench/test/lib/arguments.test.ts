import { describe, expect, test } from "vitest";
import { UsageError, parseBenchArguments } from "../../lib/arguments.ts";

describe("the command line", () => {
  test("takes what it is given and defaults the rest", () => {
    expect(parseBenchArguments(["network", "--nodes", "7", "--rate", "100", "--no-saturate"])).toEqual({
      scenario: "network",
      nodes: 7,
      txBytes: 512,
      rate: 100,
      seconds: 30,
      saturate: false,
      nullPipeline: true,
      profile: false,
      out: "",
    });
    expect(parseBenchArguments(["updates", "--payload", "64KiB,1MiB,5000", "--rate", "0.5"])).toMatchObject({
      scenario: "updates",
      payloads: [65_536, 1_048_576, 5000],
      rate: 0.5,
    });
  });

  test.each([
    [[], "name a scenario"],
    [["nothing"], "name a scenario"],
    [["network", "more"], "what is more"],
    [["network", "--nodes", "0"], "--nodes"],
    [["network", "--nodes", "4.5"], "--nodes"],
    [["network", "--tx-bytes", "15"], "--tx-bytes"],
    [["network", "--tx-bytes", "131073"], "--tx-bytes"],
    [["network", "--rate", "-1"], "--rate"],
    [["network", "--rate", "0"], "--rate"],
    [["network", "--seconds", "1"], "--seconds"],
    [["network", "--payload", "1MiB"], "--payload means nothing to network"],
    [["updates", "--tx-bytes", "512"], "--tx-bytes means nothing to updates"],
    [["updates", "--payload", "64kb"], "--payload"],
    [["updates", "--payload", "64KiB,"], "--payload"],
    [["updates", "--payload", "1GiB"], "--payload"],
    [["updates", "--rate", "fast"], "--rate"],
    [["network", "--unknown"], "--unknown"],
  ])("%j is refused and named", (argv, named) => {
    expect(() => parseBenchArguments(argv)).toThrow(UsageError);
    expect(() => parseBenchArguments(argv)).toThrow(named);
  });
});
