// Routes about the node itself: status, health, metrics, genesis.

import { genesisToJson } from "@selvedge/integrity";
import { JSON_TYPE, type Route, jsonResponse } from "../route.ts";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export const NODE_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/healthz",
    summary: "200 while the node follows the chain, 503 with the reason otherwise",
    produces: [JSON_TYPE],
    handle: async ({ context }) => {
      const { state, health } = context.services.status();
      return jsonResponse({ state, reason: health }, { status: state === "healthy" ? 200 : 503 });
    },
  },
  {
    method: "GET",
    path: "/livez",
    summary: "200 while the process answers at all: restart it if it does not",
    produces: [JSON_TYPE],
    handle: async () => jsonResponse({ state: "alive" }),
  },
  {
    method: "GET",
    path: "/readyz",
    summary: "200 while the node follows the chain and, as a validator, signs; 503 with the reason otherwise",
    produces: [JSON_TYPE],
    handle: async ({ context }) => {
      const { state, health, isStarted } = context.services.status();
      return jsonResponse({ state, reason: health }, { status: state === "healthy" && isStarted ? 200 : 503 });
    },
  },
  {
    method: "GET",
    path: "/startupz",
    summary: "200 once all that was executed before the last stop is executed again, 503 until then",
    produces: [JSON_TYPE],
    handle: async ({ context }) => {
      const { isStarted, health } = context.services.status();
      return jsonResponse(
        { state: isStarted ? "started" : "starting", reason: health },
        { status: isStarted ? 200 : 503 },
      );
    },
  },
  {
    method: "GET",
    path: "/metrics",
    summary: "Metrics in Prometheus' text format",
    produces: ["text/plain"],
    handle: async ({ context }) => {
      const text = await context.metrics.text();
      return new Response(text, { headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" } });
    },
  },
  {
    method: "GET",
    path: "/v1/status",
    summary: "What the node is doing",
    produces: [JSON_TYPE],
    handle: async ({ context }) => jsonResponse(context.services.status()),
  },
  {
    method: "GET",
    path: "/v1/genesis",
    summary: "What everybody starts from: committee, devices, models, parameters",
    produces: [JSON_TYPE],
    handle: async ({ context: { services } }) => {
      const headers = { "content-type": JSON_TYPE, "cache-control": "no-cache", etag: `"${services.chainId}"` };
      return new Response(genesisToJson(services.genesis), { headers });
    },
  },
];
