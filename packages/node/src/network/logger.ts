// What the network needs of a logger; pino's fits. Peers are named by validator index or PeerId, never by key material.

export interface NetworkLogger {
  readonly debug: (fields: object, message: string) => void;
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

const nothing = (): void => undefined;

export const SILENT_LOGGER: NetworkLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
