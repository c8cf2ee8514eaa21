// An error with a stable code: what every failure that the simulator reports by itself is built on. `code` is API and listed
// in docs/errors.md; messages are for people.

export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
