// A scheme of dealing keys with the port's laws and no secrets: a dealing is a filler that begins with the digest of what
// it is for. For tests of the ledger, which takes dealings as bytes; the real scheme is consensus' own.

import {
  type DealingContext,
  type DealingRecipient,
  type DealingScheme,
  coinTicketsOf,
  digestOf,
  digestToBytes,
  encode,
  err,
  isSameBytes,
  ok,
  portableCrypto,
  rejection,
  ristrettoGroup,
} from "@selvedge/integrity";

const DOMAIN = "selvedge/1/stand-in-dealing";
const DIGEST_BYTES = 32;

/** @param bytesPerTicket beyond the digest: makes dealings of one part or of several */
export function standInDealing(bytesPerTicket = 100): DealingScheme {
  const sizeOf: DealingScheme["sizeOf"] = (recipients) => {
    const tickets = coinTicketsOf(recipients);
    return tickets.ok ? ok(DIGEST_BYTES + tickets.value.total * bytesPerTicket) : tickets;
  };
  return {
    sizeOf,
    verify: (bytes, context) =>
      isSameBytes(bytes.subarray(0, DIGEST_BYTES), bound(context))
        ? ok(true)
        : err(rejection("DEALING_PROOF", "the dealing is for something else")),
    combine: (dealings, recipients) => {
      const tickets = coinTicketsOf(recipients);
      if (!tickets.ok) return tickets;
      const seed = encode(dealings.map((dealing) => dealing.slice(0, DIGEST_BYTES)));
      const element = (place: number): Uint8Array =>
        ristrettoGroup.encode(ristrettoGroup.hashToElement(DOMAIN, encode([place, seed])));
      let ticket = 0;
      const publicShares = tickets.value.counts.map((count) =>
        Array.from({ length: count }, () => {
          ticket += 1;
          return element(ticket);
        }),
      );
      return ok({ groupPublicKey: element(0), publicShares });
    },
  };
}

/** What `standInDealing` finds valid. */
export function standInDealingBytes(context: DealingContext, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes).fill(7);
  bytes.set(bound(context));
  return bytes;
}

function bound({ chainId, epoch, proposal, dealerPublicKey, recipients }: DealingContext): Uint8Array {
  const wire = [digestToBytes(chainId), epoch, digestToBytes(proposal), dealerPublicKey, recipients.map(recipientWire)];
  return digestToBytes(digestOf(portableCrypto.sha256, "record", encode(wire)));
}

function recipientWire({ stake, encryptionKey }: DealingRecipient): readonly [number, Uint8Array] {
  return [stake, encryptionKey];
}
