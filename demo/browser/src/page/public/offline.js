// A service worker: keeps the page's own files, so that a reload needs no network. While an agent's network is switched off, its
// page is not given any either.
const CACHE = "page";

self.addEventListener("install", (event) => {
  const keep = async () => {
    const files = await (await fetch("/files.json")).json();
    await (await caches.open(CACHE)).addAll(files);
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const load = async (request) => {
  const cache = await caches.open(CACHE);
  const page = new URL(request.mode === "navigate" ? request.url : request.referrer || request.url);
  const isOff = (await cache.match(`/offline/${page.searchParams.get("agent")}`)) !== undefined;
  const kept = request.mode === "navigate" ? "/" : request;
  if (!isOff) {
    try {
      const response = await fetch(request);
      if (response.ok) await cache.put(kept, response.clone());
      return response;
    } catch {
      // No network: what was kept is used.
    }
  }
  return (await cache.match(kept)) ?? Response.error();
};

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && new URL(url).origin === self.location.origin) event.respondWith(load(event.request));
});
