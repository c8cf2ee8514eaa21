// Who may submit updates. Enrolment is from the genesis only; a device is named by the digest of its key there.

import {
  type DeviceId,
  type Digest,
  type GenesisDevice,
  type Sha256,
  assert,
  compareDigests,
  deviceIdOf,
  digestFromBytes,
  digestToBytes,
  encode,
  rootOfLeaves,
} from "@selvedge/integrity";
import type { DeviceInfo } from "../query.ts";

export class Identity {
  /** Ascending by id. */
  readonly #devices: ReadonlyMap<DeviceId, DeviceInfo>;
  readonly root: Digest;

  constructor(sha256: Sha256, devices: readonly GenesisDevice[]) {
    const infos = devices
      .map((device) => ({ id: deviceIdOf(sha256, device.publicKey), device }))
      .sort((left, right) => compareDigests(left.id, right.id));
    this.#devices = new Map(infos.map((info) => [info.id, info]));
    assert(this.#devices.size === devices.length, "devices of a genesis have distinct keys");
    this.root = digestFromBytes(rootOfLeaves(sha256, infos.map(leafOf)));
  }

  device(id: DeviceId): DeviceInfo | undefined {
    return this.#devices.get(id);
  }

  devices(): readonly DeviceInfo[] {
    return [...this.#devices.values()];
  }
}

function leafOf({ id, device }: DeviceInfo): Uint8Array {
  return encode([digestToBytes(id), device.publicKey, device.name]);
}
