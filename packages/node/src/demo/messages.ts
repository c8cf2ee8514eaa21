// What the processes of a demonstration say to the orchestrator, as schemas: a message is checked before it is believed.

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

const SUBMITTED = Type.Object({
  type: Type.Literal("submitted"),
  update: Type.String(),
  baseVersion: Type.Integer(),
  norm: Type.Number(),
});

const REFUSED = Type.Object({ type: Type.Literal("refused"), update: Type.String(), code: Type.String() });

const PRESENCE = Type.Object({ type: Type.Literal("presence"), isOnline: Type.Boolean() });

const CHILD_MESSAGE = Type.Union([SUBMITTED, REFUSED, PRESENCE]);

export type ChildMessage = Static<typeof CHILD_MESSAGE>;

export function childMessageOf(message: unknown): ChildMessage | undefined {
  return Value.Check(CHILD_MESSAGE, message) ? message : undefined;
}
