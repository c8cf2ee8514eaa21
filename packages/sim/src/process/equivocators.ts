// Whom a node has seen sign twice: kept on its disk, so that a restart does not forget it.

import type { ValidatorIndex } from "@selvedge/integrity";
import { equivocatorsRecord } from "./selvedge-store.ts";
import type { SimDisk } from "./sim-disk.ts";

export class Equivocators {
  readonly #disk: SimDisk;
  readonly #authors = new Set<ValidatorIndex>();

  constructor(disk: SimDisk) {
    this.#disk = disk;
  }

  /** What the disk holds already. */
  restore(authors: Iterable<ValidatorIndex>): void {
    for (const author of authors) this.#authors.add(author);
  }

  note(author: ValidatorIndex): void {
    if (this.#authors.has(author)) return;
    this.#authors.add(author);
    const authors = [...this.#authors].sort((left, right) => left - right);
    this.#disk.write({ records: [equivocatorsRecord(authors)], sync: false });
  }
}
