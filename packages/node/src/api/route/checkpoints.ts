// Routes of checkpoint certificates: what a device that knows only the genesis starts its verification from.

import { notFound } from "../problem.ts";
import { checkpointJson } from "../record-json.ts";
import { type Answer, type Exchange, JSON_TYPE, type Route, jsonResponse } from "../route.ts";
import { parseCommitIndex } from "../values.ts";

export const CHECKPOINT_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/checkpoints/latest",
    summary: "The newest checkpoint certificate that this node has",
    produces: [JSON_TYPE],
    handle: async ({ context }) => {
      const certificate = context.services.latestCheckpoint();
      if (certificate !== undefined) return jsonResponse(checkpointJson(certificate));
      return { ...notFound("CHECKPOINT_UNKNOWN", "there is no certificate yet"), retryable: true };
    },
  },
  {
    method: "GET",
    path: "/v1/checkpoints/{index}",
    summary: "The checkpoint certificate of one commit",
    produces: [JSON_TYPE],
    handle: showCheckpoint,
  },
];

async function showCheckpoint({ context, param }: Exchange): Promise<Answer> {
  const index = parseCommitIndex(param("index"));
  if (!index.ok) return index.error;
  const certificate = await context.services.checkpoint(index.value);
  if (certificate === undefined) return notFound("CHECKPOINT_UNKNOWN", "there is no certificate of this commit here");
  return jsonResponse(checkpointJson(certificate));
}
