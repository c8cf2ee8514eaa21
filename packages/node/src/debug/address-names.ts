// Where nodes are reached is theirs to tell, not a bundle's: each address gets a name that is the same in all its texts, so
// that what a log says of a peer can still be told from what it says of another.

/** With or without a port and a peer's name, as configuration, status and log show them. */
const MULTIADDR = /\/(?:ip4|ip6|ip6zone|dns|dns4|dns6|dnsaddr)\/[^\s"'\\,;)\]}]+/gu;

export class AddressNames {
  readonly #names = new Map<string, string>();

  replaceIn(text: string): string {
    return text.replace(MULTIADDR, (address) => this.#nameOf(address));
  }

  #nameOf(address: string): string {
    const name = this.#names.get(address) ?? `[address ${this.#names.size}]`;
    this.#names.set(address, name);
    return name;
  }
}
