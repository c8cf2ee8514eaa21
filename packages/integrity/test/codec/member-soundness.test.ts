// What no committee may be, wherever it comes from: the check that genesis files do not share, by its codes.

import { describe, expect, it } from "vitest";
import { COMMITTEE_SIZE_MAX, type MemberIdentity, STAKE_MAX, memberFault, membersFault } from "../../src/index.ts";
import { testEncryptionKey, testSigner } from "../../src/testing/index.ts";

const members: readonly MemberIdentity[] = [0, 1, 2].map((index) => ({
  name: `validator-${index}`,
  stake: 1 + index,
  publicKey: testSigner("validator", index).publicKey,
  encryptionKey: testEncryptionKey(index),
}));
const [first] = members;
if (first === undefined) throw new Error("there are three");

describe("a committee", () => {
  it("is sound with one member or several, of stakes up to the bound", () => {
    expect(membersFault(members)).toBeUndefined();
    expect(membersFault([{ ...first, stake: STAKE_MAX }])).toBeUndefined();
  });

  it("has members, and not too many", () => {
    expect(membersFault([])?.code).toBe("MEMBERS_EMPTY");
    const many = Array.from({ length: COMMITTEE_SIZE_MAX + 1 }, () => first);
    expect(membersFault(many.slice(0, 2))?.code).toBe("MEMBER_DUPLICATE");
    expect(membersFault(many)?.code).toBe("MEMBERS_TOO_MANY");
  });

  it.each([0, -1, 1.5, STAKE_MAX + 1, Number.NaN])("has no member of stake %s", (stake) => {
    expect(memberFault({ ...first, stake })?.code).toBe("MEMBER_STAKE");
  });

  it("has no two members of one name or key", () => {
    const [, second, third] = members;
    if (second === undefined || third === undefined) throw new Error("there are three");
    const twins = [
      { ...third, name: first.name },
      { ...third, publicKey: second.publicKey },
      { ...third, encryptionKey: second.encryptionKey },
    ];
    expect(twins.map((twin) => membersFault([first, second, twin])?.code)).toEqual(twins.map(() => "MEMBER_DUPLICATE"));
  });
});
