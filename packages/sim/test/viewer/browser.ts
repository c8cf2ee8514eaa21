// A real browser for tests, driven over its debugging protocol with a plain WebSocket. Found through SELVEDGE_BROWSER or
// on the PATH; undefined where there is none.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

export function browserPath(): string | undefined {
  const named = process.env["SELVEDGE_BROWSER"];
  if (named !== undefined) return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page of one browser. */
export class Page implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #pending = new Map<
    number,
    { resolve: (value: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  #next = 0;
  /** Exceptions, errors on the console, and requests for anything but the page itself. */
  readonly complaints: string[] = [];

  private constructor(process: ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#onMessage(JSON.parse(String(event.data)) as Reply));
  }

  static async open(path: string, size: readonly [number, number] = [1500, 900]): Promise<Page> {
    const folder = mkdtempSync(join(tmpdir(), "selvedge-browser-"));
    const args = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--remote-debugging-port=0",
      `--window-size=${size.join(",")}`,
      `--user-data-dir=${folder}`,
      "about:blank",
    ];
    const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] });
    const origin = new URL(await debuggerOf(child)).host;
    const targets = (await (await fetch(`http://${origin}/json/list`)).json()) as {
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ type }) => type === "page");
    if (target === undefined) throw new Error("the browser has no page");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    const page = new Page(child, folder, socket);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    return page;
  }

  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    this.#next += 1;
    const id = this.#next;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value?: unknown }).value;
  }

  async goto(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
    await this.evaluate(
      `new Promise((resolve) => document.readyState === "complete" ? resolve() : addEventListener("load", () => resolve()))`,
    );
    await this.settle();
  }

  /** Until two more frames were drawn. */
  async settle(): Promise<void> {
    await this.evaluate(
      "new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))",
    );
  }

  async click(x: number, y: number): Promise<void> {
    for (const type of ["mouseMoved", "mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
    await this.settle();
  }

  async press(key: string): Promise<void> {
    for (const type of ["keyDown", "keyUp"]) await this.send("Input.dispatchKeyEvent", { type, key });
    await this.settle();
  }

  async screenshot(): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Buffer.from(String(data), "base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isGone = new Promise((resolve) => this.#process.once("exit", resolve));
    void this.send("Browser.close");
    await isGone;
    this.#socket.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #onMessage({ id, method, params, result, error }: Reply): void {
    if (id !== undefined) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve(result ?? {});
      else pending?.reject(new Error(error.message));
      return;
    }
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded")
      this.complaints.push(JSON.stringify(params));
    if (method === "Network.requestWillBeSent") this.#onRequest(params ?? {});
  }

  #onRequest({ request }: Record<string, unknown>): void {
    const { url } = request as { readonly url: string };
    const isOwn = url.startsWith("data:") || (url.startsWith("file:") && url.endsWith(".html"));
    if (!isOwn) this.complaints.push(`request of ${url}`);
  }
}

function debuggerOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the browser did not start")));
    child.once("error", reject);
    const { stderr } = child;
    if (stderr === null) return;
    createInterface({ input: stderr }).on("line", (line) => {
      const match = /DevTools listening on (\S+)/.exec(line);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
}
