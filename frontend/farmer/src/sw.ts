/**
 * The service worker: keeps the shell, so that the app opens without network. It keeps nothing else, and never an answer of the API.
 *
 * A version is the digest of all files of the shell. A new one is fetched whole beside the old one and waits there until no page uses the
 * old one, or until somebody presses "use the new one"; entries lie in IndexedDB, which no version touches.
 */

/** What the shell is made of, and the digest of it: `build.mjs` knows. */
declare const SHELL: readonly string[];
declare const VERSION: string;

/** The part of ServiceWorkerGlobalScope that is used; TypeScript's own library for workers does not go together with the DOM's. */
interface Scope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void): void;
}

const worker = self as unknown as Scope;
const PREFIX = "nguon-app-";
const NAME = PREFIX + VERSION;

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  // All or nothing: half a shell would be worse than the old one. `reload` asks the server and not the browser's own cache.
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })));
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** The shell from here, everything else from where it is. */
async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(path)) ?? fetch(request);
}

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
  if (event.data === "use") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const path = pathname === "/app/" ? "/app" : pathname;
  if (SHELL.includes(path)) event.respondWith(answer(request, path));
});
