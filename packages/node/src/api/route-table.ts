// Every route of the interface, and the document that describes them.

import { openApiDocument } from "./openapi.ts";
import { JSON_TYPE, type Route, jsonResponse } from "./route.ts";
import { CHECKPOINT_ROUTES } from "./route/checkpoints.ts";
import { EPOCH_ROUTES } from "./route/epochs.ts";
import { eventRoute } from "./route/events.ts";
import { MODEL_ROUTES } from "./route/models.ts";
import { NODE_ROUTES } from "./route/node.ts";
import { TRANSACTION_ROUTES } from "./route/transactions.ts";
import { UPDATE_ROUTES } from "./route/updates.ts";

export function routeTable(): readonly Route[] {
  const routes = [
    ...NODE_ROUTES,
    ...UPDATE_ROUTES,
    ...TRANSACTION_ROUTES,
    ...MODEL_ROUTES,
    ...CHECKPOINT_ROUTES,
    ...EPOCH_ROUTES,
    eventRoute(),
  ];
  return [...routes, descriptionRoute(routes)];
}

function descriptionRoute(routes: readonly Route[]): Route {
  const document = openApiDocument(routes);
  return {
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This interface as an OpenAPI 3.1 document",
    produces: [JSON_TYPE],
    handle: async () => jsonResponse(document),
  };
}
