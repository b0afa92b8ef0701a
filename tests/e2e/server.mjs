// A static host as plain as the plainest: files under one prefix, right types, 404 for anything else.
// By hand: node tests/e2e/server.mjs dist /a/b/ 8000

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".toml": "application/toml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".bin": "application/octet-stream",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

async function fileFor(root, prefix, target) {
  const path = decodeURIComponent(new URL(target, "http://host").pathname);
  if (!path.startsWith(prefix) || path.includes("\0")) return null;
  const inside = path.slice(prefix.length);
  const file = resolve(join(root, inside === "" || inside.endsWith("/") ? `${inside}index.html` : inside));
  if (!file.startsWith(root + sep)) return null;
  const found = await stat(file).catch(() => null);
  return found?.isFile() ? { file, size: found.size } : null;
}

/** Serves the folder `root` under `prefix` ("/a/b/") on the loopback; port 0 picks a free one. */
export async function serve(root, prefix = "/", port = 0) {
  root = resolve(root);
  const server = createServer(async (request, response) => {
    const found = await fileFor(root, prefix, request.url).catch(() => null);
    if (!found || !["GET", "HEAD"].includes(request.method)) {
      response.writeHead(found ? 405 : 404, { "Content-Type": "text/plain; charset=utf-8" });
      response.end(found ? "only GET and HEAD\n" : "not found\n");
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(found.file)] ?? "application/octet-stream",
      "Content-Length": found.size,
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
    });
    if (request.method === "HEAD") response.end();
    else createReadStream(found.file).pipe(response);
  });
  await new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", done);
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: origin + prefix,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root = "dist", prefix = "/", port = "8000"] = process.argv.slice(2);
  const site = await serve(root, prefix, Number(port));
  console.log(`serving ${root} at ${site.url}`);
}
