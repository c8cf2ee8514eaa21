// Asks a running node over HTTP: the node's address and token are those of its home, or given on the command line. A
// device's home has no node; its gateways answer. Answers are untrusted text; their form is checked by the caller.

import { homePaths } from "../config/home.ts";
import { loadConfig } from "../config/load.ts";
import { NodeError } from "../errors.ts";
import { readPasswordFile } from "../keys/keystore.ts";
import { homeOf } from "./context.ts";
import { printable } from "./output.ts";
import { readRunFile } from "./run-file.ts";

const ANSWER_MAX_BYTES: number = 64 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 10_000;

export interface ApiAddress {
  readonly url: string;
  readonly token: string | null;
}

export interface ApiAddressOptions {
  readonly home?: string;
  readonly api?: string;
}

/** Where to ask, in order of preference: `--api`, the gateways of a device's home, or the node that runs in `--home`. */
export async function apiAddressesOf(options: ApiAddressOptions): Promise<readonly [ApiAddress, ...ApiAddress[]]> {
  if (options.api === undefined) {
    const [first, ...others] = await gatewaysOf(homeOf(options));
    if (first !== undefined) return [first, ...others];
  }
  return [await apiAddressOf(options)];
}

async function gatewaysOf(home: string): Promise<readonly ApiAddress[]> {
  const config = await loadConfig({ file: homePaths(home).config, environment: process.env, flags: {} });
  if (config.role !== "device") return [];
  if (config.device.gateways.length === 0)
    throw new NodeError("USAGE", "give --api, or list device.gateways in the configuration");
  return config.device.gateways.map((url) => givenAddress(url, "a gateway"));
}

/** `--api` with SELVEDGE_TOKEN, or the node that runs in `--home`. */
export async function apiAddressOf(options: ApiAddressOptions): Promise<ApiAddress> {
  if (options.api !== undefined) return givenAddress(options.api, "--api");
  const home = homeOf(options);
  const run = await readRunFile(home);
  if (run === undefined) throw new NodeError("API_UNREACHABLE", `no node runs in ${home}`);
  return { url: run.url, token: run.tokenFile === "" ? null : await readPasswordFile(run.tokenFile) };
}

function givenAddress(url: string, name: string): ApiAddress {
  if (!URL.canParse(url)) throw new NodeError("USAGE", `${name} is a URL, not ${url}`);
  return { url: url.replace(/\/+$/u, ""), token: process.env["SELVEDGE_TOKEN"] ?? null };
}

/** Asks the addresses in order until one is reachable. */
export async function readAnyApi(
  [first, ...others]: readonly [ApiAddress, ...ApiAddress[]],
  path: string,
): Promise<unknown> {
  try {
    return await readApi(first, path);
  } catch (error) {
    const [next, ...later] = others;
    const isDown = error instanceof NodeError && error.code === "API_UNREACHABLE";
    if (next === undefined || !isDown) throw error;
    return readAnyApi([next, ...later], path);
  }
}

/** The answer as it is; errors as of `readApi`. */
export async function readApiText(address: ApiAddress, path: string): Promise<string> {
  const { response, text } = await ask(address, path);
  if (response.ok) return text;
  throw new NodeError("API_ERROR", `${address.url} answers ${response.status}`);
}

/** The parsed JSON answer; API_UNREACHABLE if there is none, API_ERROR with the node's own code if it refuses. */
export async function readApi(address: ApiAddress, path: string): Promise<unknown> {
  const { url } = address;
  const { response, text } = await ask(address, path);
  const body = parsed(text, url);
  if (response.ok) return body;
  throw new NodeError("API_ERROR", `${url} answers ${response.status}: ${problemText(body)}`);
}

async function ask(
  { url, token }: ApiAddress,
  path: string,
): Promise<{ readonly response: Response; readonly text: string }> {
  try {
    const response = await fetch(`${url}${path}`, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { response, text: await boundedText(response) };
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    throw new NodeError("API_UNREACHABLE", `no answer from ${url}`, { cause });
  }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return "";
  for await (const part of body) {
    sizeBytes += part.length;
    if (sizeBytes > ANSWER_MAX_BYTES)
      throw new NodeError("API_ERROR", `an answer of more than ${ANSWER_MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NodeError("API_ERROR", `${url} does not answer in JSON`, { cause });
  }
}

function problemText(body: unknown): string {
  if (typeof body !== "object" || body === null) return "no reason given";
  const code = "code" in body ? String(body.code) : "";
  const detail = "detail" in body ? String(body.detail) : "";
  return printable(`${detail} [${code}]`);
}
