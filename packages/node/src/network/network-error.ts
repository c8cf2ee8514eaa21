// Failures of the network as the host sees them; `code` is API (docs/errors.md).

export type NetworkErrorCode =
  | "PEER_UNREACHABLE"
  | "PEER_BUSY"
  | "REQUEST_TIMEOUT"
  | "REQUEST_ABORTED"
  | "RESPONSE_INVALID"
  | "RESPONSE_EMPTY"
  | "LISTEN_FAILED";

export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
