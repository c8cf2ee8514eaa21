// Copies of a home in which something has gone wrong without its seal being broken, and what `verify --full` says of them.

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store, StoreSpace } from "@selvedge/integrity";
import { homePaths } from "../../src/config/home.ts";
import { openStore } from "../../src/daemon/home.ts";
import { FindingError } from "../../src/verify/finding.ts";
import { verifyHome } from "../../src/verify/verify-home.ts";
import type { HomeFixture } from "../home-fixture.ts";

export class HomeCopies {
  readonly #fixture: HomeFixture;
  readonly #folder: string;

  private constructor(fixture: HomeFixture, folder: string) {
    this.#fixture = fixture;
    this.#folder = folder;
  }

  static async of(fixture: HomeFixture): Promise<HomeCopies> {
    return new HomeCopies(fixture, await mkdtemp(join(tmpdir(), "selvedge-verify-")));
  }

  /** Of the fixture's home, whose node must not run. */
  async damaged(name: string, damage: (store: Store) => Promise<void>): Promise<string> {
    const home = join(this.#folder, name);
    await cp(this.#fixture.paths.root, home, { recursive: true });
    await this.change(home, damage);
    return home;
  }

  async change(home: string, damage: (store: Store) => Promise<void>): Promise<void> {
    const store = await openStore(homePaths(home), this.#fixture.network.bundle.genesis);
    await damage(store);
    await store.close();
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function keysOf(store: Store, space: StoreSpace, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.iterate(space, { gte: prefix, lt: `${prefix}~` })) keys.push(key);
  return keys;
}

export async function findingIn(home: string): Promise<string> {
  const error: unknown = await verifyHome({ home, full: true, restart: false }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return error instanceof FindingError ? error.finding : `${String(error)} is no finding`;
}
