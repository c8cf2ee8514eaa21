// The OpenAPI 3.1 document of a route table. Parameters, query and JSON bodies come from what validates them; successful
// answers are described by media type only.

import type { Route } from "./route.ts";

const PROBLEM = {
  type: "object",
  required: ["type", "title", "status", "detail", "instance", "code", "retryable"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string" },
    code: { type: "string" },
    retryable: { type: "boolean" },
  },
};

type Json = Readonly<Record<string, unknown>>;

export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
  }
  return {
    openapi: "3.1.0",
    info: { title: "Selvedge node", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
    security: [{ token: [] }, {}],
  };
}

function operationOf(route: Route): Json {
  const { summary, body, produces } = route;
  const content = Object.fromEntries(produces.map((mediaType) => [mediaType, {}]));
  return {
    summary,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body && { requestBody: { required: true, content: { [body.mediaType]: { schema: body.schema ?? {} } } } }),
    responses: {
      "2XX": { description: "Done", content },
      default: {
        description: "Refused",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function pathParameters({ path }: Route): readonly Json[] {
  return [...path.matchAll(/\{([a-z]+)\}/gu)].map(([, name]) => {
    return { name, in: "path", required: true, schema: { type: "string" } };
  });
}

function queryParameters({ query }: Route): readonly Json[] {
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema,
  }));
}
