// The door for hostile MessagePack: a flat walk over the structure that allows the canonical subset alone (docs/adr: wire
// encoding) before any library looks at the bytes. Text is not checked here for UTF-8: msgpack.ts sees that on re-encoding.

import { type Rejection, rejection } from "../fault.ts";
import { MSGPACK_DEPTH_MAX } from "../limits.ts";

export interface PrescanBounds {
  readonly bytesMax: number;
  readonly itemsMax: number;
}

/** What a type byte announces: `follow` bytes of payload to pass over, or `children` items that come next. */
interface Item {
  readonly headBytes: number;
  readonly follow: number;
  readonly children: number;
}

/** Why the bytes are not one item of the canonical subset, or undefined. Work is linear in the input, memory constant. */
export function prescan(bytes: Uint8Array, bounds: PrescanBounds): Rejection | undefined {
  if (bytes.length > bounds.bytesMax) {
    return rejection("ENCODING_TOO_LARGE", `${bytes.length} bytes, allowed are ${bounds.bytesMax}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Items still to come on each open level, outermost first.
  const open: number[] = [1];
  let offset = 0;
  let items = 0;
  while (open.length > 0) {
    const item = readHead(view, offset);
    if ("code" in item) return item;
    offset += item.headBytes + item.follow;
    items += 1;
    if (offset + item.children > bytes.length) {
      return rejection(
        "ENCODING_TRUNCATED",
        `an item at offset ${offset - item.headBytes - item.follow} ends too late`,
      );
    }
    if (items + item.children > bounds.itemsMax) {
      return rejection("ENCODING_TOO_MANY_ITEMS", `more than ${bounds.itemsMax} items`);
    }
    countItem(open, item.children);
    if (open.length > MSGPACK_DEPTH_MAX)
      return rejection("ENCODING_TOO_DEEP", `deeper than ${MSGPACK_DEPTH_MAX} arrays`);
  }
  if (offset === bytes.length) return undefined;
  return rejection("ENCODING_TRAILING_BYTES", `${bytes.length - offset} bytes follow the item`);
}

/** Takes one item off the innermost level, opens its own if it has children, and closes every level that is done. */
function countItem(open: number[], children: number): void {
  const innermost = open.length - 1;
  open[innermost] = (open[innermost] ?? 0) - 1;
  if (children > 0) open.push(children);
  while (open.at(-1) === 0) open.pop();
}

function readHead(view: DataView, offset: number): Item | Rejection {
  if (offset >= view.byteLength) return rejection("ENCODING_TRUNCATED", `an item is missing at offset ${offset}`);
  const type = view.getUint8(offset);
  if (type <= 0x7f || type >= 0xe0 || type === 0xc0) return scalar(1);
  if (type >= 0x90 && type <= 0x9f) return { headBytes: 1, follow: 0, children: type & 0x0f };
  if (type >= 0xa0 && type <= 0xbf) return { headBytes: 1, follow: type & 0x1f, children: 0 };
  const headBytes = HEAD_BYTES.get(type);
  if (headBytes === undefined) {
    return rejection(
      "ENCODING_TYPE_FORBIDDEN",
      `type byte 0x${type.toString(16).padStart(2, "0")} at offset ${offset}`,
    );
  }
  if (offset + headBytes > view.byteLength)
    return rejection("ENCODING_TRUNCATED", `a head at offset ${offset} is cut off`);
  const item = readLongHead(view, offset, { type, headBytes });
  return item ?? rejection("ENCODING_NON_MINIMAL", `a longer form than needed at offset ${offset}`);
}

/** Type bytes with a length or value of their own, and the size of both. Not here: booleans, floats, maps, extensions, u64. */
const HEAD_BYTES: ReadonlyMap<number, number> = new Map([
  [0xc4, 2],
  [0xc5, 3],
  [0xc6, 5],
  [0xcc, 2],
  [0xcd, 3],
  [0xce, 5],
  [0xd0, 2],
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
  [0xd9, 2],
  [0xda, 3],
  [0xdb, 5],
  [0xdc, 3],
  [0xdd, 5],
]);

interface Head {
  readonly type: number;
  readonly headBytes: number;
}

/** Undefined if a shorter form would have said the same. */
function readLongHead(view: DataView, offset: number, { type, headBytes }: Head): Item | undefined {
  if (type >= 0xd0 && type <= 0xd3) return isMinimalSigned(view, offset, type) ? scalar(headBytes) : undefined;
  const value = readUnsigned(view, offset + 1, headBytes - 1);
  if (value < leastOf(type)) return undefined;
  if (type <= 0xc6 || type >= 0xd9) {
    return type >= 0xdc ? { headBytes, follow: 0, children: value } : { headBytes, follow: value, children: 0 };
  }
  return scalar(headBytes);
}

/** The smallest value that needs the form of this type byte. */
function leastOf(type: number): number {
  switch (type) {
    case 0xcc:
      return 0x80;
    case 0xd9:
      return 0x20;
    case 0xdc:
      return 0x10;
    case 0xc5:
    case 0xcd:
    case 0xda:
      return 0x100;
    case 0xc6:
    case 0xce:
    case 0xdb:
    case 0xdd:
      return 0x1_0000;
    default:
      return 0;
  }
}

/** Signed forms are for what the unsigned ones cannot say: negatives, and in 64 bits whatever 32 bits do not hold. */
function isMinimalSigned(view: DataView, offset: number, type: number): boolean {
  if (type === 0xd0) return view.getInt8(offset + 1) < -0x20;
  if (type === 0xd1) return view.getInt16(offset + 1) < -0x80;
  if (type === 0xd2) return view.getInt32(offset + 1) < -0x8000;
  const value = view.getBigInt64(offset + 1);
  return value > 0xffff_ffffn || value < -0x8000_0000n;
}

function readUnsigned(view: DataView, offset: number, sizeBytes: number): number {
  if (sizeBytes === 1) return view.getUint8(offset);
  return sizeBytes === 2 ? view.getUint16(offset) : view.getUint32(offset);
}

function scalar(headBytes: number): Item {
  return { headBytes, follow: 0, children: 0 };
}
