// Loads and starts the program. Its file names come from the two `app-…` lines that the build writes into the page.
// When it cannot start, a card in the page says so in words, whatever the reason.

const loading = document.getElementById("boot");

function address(name) {
  const meta = document.querySelector(`meta[name="${name}"]`);
  if (!meta) throw new Error(`the page does not name its ${name}`);
  return new URL(meta.content, document.baseURI);
}

// The build writes a hash of the program beside its preload link; the browser then refuses any other bytes.
function integrityOf(url) {
  for (const link of document.querySelectorAll("link[rel=preload][integrity]")) {
    if (link.href === url.href) return link.integrity;
  }
  return undefined;
}

async function fetchProgram(url) {
  const name = url.pathname.split("/").pop();
  const response = await fetch(url, { integrity: integrityOf(url) }).catch((error) => {
    throw new Error(`${name} did not arrive (${error.message})`);
  });
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${name}`);
  return response;
}

// Packed by the build for hosts (src/bin/pack.rs); as it is where trunk serves it.
async function unpacked(response) {
  return globalThis.replicariumUnpack(new Uint8Array(await response.arrayBuffer()));
}

async function start() {
  if (typeof WebAssembly !== "object") {
    throw new Error("this browser has no WebAssembly, or it is switched off");
  }
  const url = address("app-wasm");
  const program = fetchProgram(url);
  // The import below may fail first; the fetch then has no other listener.
  program.catch(() => {});
  const { default: init } = await import(address("app-module").href);
  const response = await program;
  await init({ module_or_path: url.pathname.endsWith(".bin") ? await unpacked(response) : response });
}

// Scenario files are read and written by a part of its own, which is fetched when it is first needed. A browser may remember
// that a module failed to load, so every new try has another address; the program's name in it keeps versions together.
let files;
let tries = 0;

async function loadFiles() {
  const version = `${address("app-wasm").pathname.split("/").pop()}-${(tries += 1)}`;
  const module = await import(new URL(`files.js?${version}`, document.baseURI).href);
  await module.default({ module_or_path: new URL(`files_bg.wasm?${version}`, document.baseURI) });
  return module;
}

async function help() {
  const response = await fetch(new URL(`help.html?${address("app-wasm").pathname.split("/").pop()}`, document.baseURI));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.text();
}

globalThis.replicariumFiles = async (task, text) => {
  if (task === "help") return help();
  files ??= loadFiles();
  const module = await files.catch((error) => {
    files = undefined;
    throw error;
  });
  return module[task](text);
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
