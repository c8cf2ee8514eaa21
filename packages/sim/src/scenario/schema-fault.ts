// Says in one sentence why a value does not fit a schema, naming the field and, for a mistyped name, the nearest known
// one. The schema library decides whether it fits; its list of errors is of no use where a field is a choice of shapes.

import { suggestion } from "./nearest-name.ts";
import { isTree, type Tree } from "./tree.ts";

/** The first misfit from the top of the file, or undefined if this walk finds none. */
export function schemaFault(schema: unknown, value: unknown, path = ""): string | undefined {
  if (!isTree(schema)) return undefined;
  if (Array.isArray(schema["anyOf"])) return choiceFault(schema["anyOf"], value, path);
  if ("const" in schema)
    return value === schema["const"] ? undefined : `${named(path)} must be ${JSON.stringify(schema["const"])}`;
  if (Array.isArray(schema["enum"])) return enumFault(schema["enum"], value, path);
  switch (schema["type"]) {
    case "object":
      return isTree(value) ? objectFault(schema, value, path) : `${named(path)} must be an object`;
    case "array":
      return Array.isArray(value) ? arrayFault(schema, value, path) : `${named(path)} must be a list`;
    default:
      return scalarFault(schema, value, path);
  }
}

function scalarFault(schema: Tree, value: unknown, path: string): string | undefined {
  switch (schema["type"]) {
    case "number":
    case "integer":
      return numberFault(schema, value, path);
    case "string":
      return stringFault(schema, value, path);
    case "boolean":
      return typeof value === "boolean" ? undefined : `${named(path)} must be true or false`;
    default:
      return undefined;
  }
}

function objectFault(schema: Tree, value: Tree, path: string): string | undefined {
  const patterns = schema["patternProperties"];
  if (isTree(patterns)) {
    const [each] = Object.values(patterns);
    return firstOf(Object.entries(value), ([key, item]) => schemaFault(each, item, joined(path, key)));
  }
  const properties = isTree(schema["properties"]) ? schema["properties"] : {};
  const known = Object.keys(properties);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined && schema["additionalProperties"] === false)
    return `unknown field ${joined(path, unknown)}${suggestion(unknown, known)}`;
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const missing = known.find((key) => required.includes(key) && !Object.hasOwn(value, key));
  if (missing !== undefined) return `${joined(path, missing)} is missing`;
  const present = known.filter((key) => Object.hasOwn(value, key));
  return firstOf(present, (key) => schemaFault(properties[key], value[key], joined(path, key)));
}

function arrayFault(schema: Tree, value: readonly unknown[], path: string): string | undefined {
  const items = schema["items"];
  if (Array.isArray(items)) {
    if (value.length !== items.length) return `${named(path)} must have ${items.length} entries`;
    return firstOf([...value.entries()], ([index, item]) =>
      schemaFault(items[index], item, joined(path, String(index))),
    );
  }
  const { minItems, maxItems } = schema;
  if (typeof minItems === "number" && value.length < minItems)
    return `${named(path)} must have at least ${minItems} entries`;
  if (typeof maxItems === "number" && value.length > maxItems)
    return `${named(path)} must have at most ${maxItems} entries`;
  return firstOf([...value.entries()], ([index, item]) => schemaFault(items, item, joined(path, String(index))));
}

function numberFault(schema: Tree, value: unknown, path: string): string | undefined {
  if (typeof value !== "number") return `${named(path)} must be a number`;
  if (schema["type"] === "integer" && !Number.isInteger(value)) return `${named(path)} must be a whole number`;
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (typeof minimum === "number" && value < minimum) return `${named(path)} must be at least ${minimum}`;
  if (typeof maximum === "number" && value > maximum) return `${named(path)} must be at most ${maximum}`;
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum)
    return `${named(path)} must be above ${exclusiveMinimum}`;
  return undefined;
}

function stringFault(schema: Tree, value: unknown, path: string): string | undefined {
  if (typeof value !== "string") return `${named(path)} must be a text`;
  const { minLength, maxLength } = schema;
  if (typeof minLength === "number" && value.length < minLength) return `${named(path)} must not be empty`;
  if (typeof maxLength === "number" && value.length > maxLength)
    return `${named(path)} must be at most ${maxLength} characters long`;
  return undefined;
}

function enumFault(values: readonly unknown[], value: unknown, path: string): string | undefined {
  if (values.includes(value)) return undefined;
  const hint = typeof value === "string" ? suggestion(value, values.map(String)) : "";
  return `${named(path)} must be one of ${values.join(", ")}${hint}`;
}

/** Shapes told apart by their `type` field are judged by the one that the value names. */
function choiceFault(choices: readonly unknown[], value: unknown, path: string): string | undefined {
  if (choices.some((choice) => schemaFault(choice, value, path) === undefined)) return undefined;
  const trees = choices.filter((choice) => isTree(choice));
  const literals = trees.filter((choice) => "const" in choice).map((choice) => choice["const"]);
  const tags = trees.map((choice) => tagOf(choice)).filter((tag) => tag !== undefined);
  if (isTree(value) && tags.length > 0) return taggedFault({ choices: trees, tags, value }, path);
  if (literals.length === choices.length) return enumFault(literals, value, path);
  // Shapes of different JSON types: the one of the value's own type says best what is wrong.
  const alike = trees.find((choice) =>
    Array.isArray(value) ? choice["type"] === "array" : isTree(value) && choice["type"] === "object",
  );
  return alike === undefined
    ? `${named(path)} must be ${trees.map((choice) => kindOf(choice)).join(" or ")}`
    : schemaFault(alike, value, path);
}

function taggedFault(
  found: { choices: readonly Tree[]; tags: readonly string[]; value: Tree },
  path: string,
): string | undefined {
  const tag = found.value["type"];
  const chosen = found.choices.find((choice) => tagOf(choice) === tag);
  if (chosen !== undefined) return schemaFault(chosen, found.value, path);
  if (tag === undefined) return `${joined(path, "type")} is missing: one of ${found.tags.join(", ")}`;
  const hint = typeof tag === "string" ? suggestion(tag, found.tags) : "";
  return `${joined(path, "type")} must be one of ${found.tags.join(", ")}${hint}`;
}

function tagOf(schema: Tree): string | undefined {
  const properties = schema["properties"];
  const type = isTree(properties) ? properties["type"] : undefined;
  return isTree(type) && typeof type["const"] === "string" ? type["const"] : undefined;
}

function kindOf(schema: Tree): string {
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (schema["type"] === "array") return "a list";
  if (schema["type"] !== "object") return `a ${String(schema["type"])}`;
  return `an object {${isTree(schema["properties"]) ? Object.keys(schema["properties"]).join(", ") : ""}}`;
}

function firstOf<Item>(items: readonly Item[], judge: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = judge(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function joined(path: string, key: string): string {
  const shown = /^[\w.-]{1,64}$/u.test(key) ? key : JSON.stringify(key.slice(0, 64));
  return path === "" ? shown : `${path}.${shown}`;
}

function named(path: string): string {
  return path === "" ? "the file" : path;
}
