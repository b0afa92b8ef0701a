// Loads and starts one of the programs that the page comes as: the one that can run what the address asks for. For each the
// build writes a line into the page: the addresses of its two files, and their hashes where it is built for a host.
// When it cannot start, a card in the page says so in words, whatever the reason.

const loading = document.getElementById("boot");

// Programs, by the first characters of the fragment (src/scenario/link.rs writes these); `page` is for all others.
const PROGRAMS = { "#p1.": "peers", "#q1.": "quorum", "#g1.": "gossip", "#d1.": "documents" };

const nameOf = (url) => url.pathname.split("/").pop();

function wanted() {
  const name = PROGRAMS[location.hash.slice(0, 4)] ?? "page";
  for (const line of document.querySelectorAll("meta[name=program]")) {
    const [module, wasm, moduleHash, wasmHash] = line.content.split(" ");
    const url = new URL(wasm, document.baseURI);
    if (/^[a-z]+/.exec(nameOf(url))?.[0] === name) return { module: new URL(module, document.baseURI).href, moduleHash, wasm: url, wasmHash };
  }
  throw new Error(`the page does not name its program ${name}`);
}

// A browser checks the hash of a module only where a link says it.
function announce(href, integrity) {
  if (integrity) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", integrity, href }));
}

async function fetchProgram({ wasm: url, wasmHash: integrity }) {
  const name = nameOf(url);
  const response = await fetch(url, { integrity }).catch((error) => {
    throw new Error(`${name} did not arrive (${error.message})`);
  });
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${name}`);
  return response;
}

// Packed by the build for hosts (src/bin/pack.rs); as it is where trunk serves it.
async function unpacked(response) {
  return globalThis.replicariumUnpack(new Uint8Array(await response.arrayBuffer()));
}

let version = "";

async function start() {
  if (typeof WebAssembly !== "object") {
    throw new Error("this browser has no WebAssembly, or it is switched off");
  }
  const { module, moduleHash, ...parts } = wanted();
  version = nameOf(parts.wasm);
  announce(module, moduleHash);
  const program = fetchProgram(parts);
  // The import below may fail first; the fetch then has no other listener.
  program.catch(() => {});
  const { default: init } = await import(module);
  const response = await program;
  await init({ module_or_path: version.endsWith(".bin") ? await unpacked(response) : response });
}

// Scenario files are read and written by a part of its own, which is fetched when it is first needed. A browser may remember
// that a module failed to load, so every new try has another address; the program's name in it keeps versions together.
let files;
let tries = 0;

async function loadFiles() {
  const again = `${version}-${(tries += 1)}`;
  const module = await import(new URL(`files.js?${again}`, document.baseURI).href);
  await module.default({ module_or_path: new URL(`files_bg.wasm?${again}`, document.baseURI) });
  return module;
}

// What can be read, and is fetched when it is first asked for.
const TEXTS = { help: "help.html", list: "list.txt" };

async function text(file) {
  const response = await fetch(new URL(`${file}?${version}`, document.baseURI));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.text();
}

globalThis.replicariumFiles = async (task, input) => {
  if (TEXTS[task]) return text(TEXTS[task]);
  files ??= loadFiles();
  const module = await files.catch((error) => {
    files = undefined;
    throw error;
  });
  return module[task](input);
};

function element(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

function showFailure(error) {
  // A program that got far enough to say itself what happened knows more.
  if (document.querySelector("[data-crash]")) return;
  const card = element("div", "", { id: "boot-failure", className: "boot-card" });
  card.setAttribute("role", "alert");
  const again = element("button", "Load again", { type: "button" });
  again.addEventListener("click", () => location.reload());
  card.append(
    element("h1", "Replicarium could not start"),
    element("p", "The page was loaded, but the program that runs the simulation was not. Most often the connection was interrupted, or an extension or a school network blocks WebAssembly files."),
    element("p", "Load the page again. If that does not help, try another browser: any of the last three years will do."),
    element("p", `What went wrong: ${error?.message ?? error}.`, { className: "boot-reason" }),
    again,
  );
  document.body.prepend(card);
}

start().catch(showFailure).finally(() => loading?.remove());
