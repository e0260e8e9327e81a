/** The check as a page of its own: a pasted address, a scanned code, or a dropped evidence file. */

import { type Bytes } from "../core/bytes.ts";
import { type Options } from "../core/check.ts";
import { type Evidence } from "../core/evidence.ts";
import { CheckError, coded } from "../core/fault.ts";
import { type Memory, memoryOn } from "../core/memory.ts";
import { parsePolicy, type PinnedLog } from "../core/policy.ts";
import { readEvidence } from "../core/zip.ts";
import { decoded, fetchCheck, lotOf, tilesOf } from "./server.ts";
import { TEXTS, textsOf } from "./all-texts.ts";
import { element, refusal, show } from "./view.ts";

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector } | undefined;

const asked = new URLSearchParams(location.search);
const main = document.querySelector("main") ?? document.body;
let language = textsOf(asked.get("lang") ?? navigator.language).language;

/** Pages from a file, and private windows, may have no storage: then there is no memory. */
function memory(place: string): Memory | undefined {
  try {
    return memoryOn(localStorage, place);
  } catch {
    return undefined;
  }
}

function policy(): ReadonlyMap<string, PinnedLog> {
  return parsePolicy(document.querySelector("#policy")?.textContent ?? '{"logs":[]}');
}

function draw(): void {
  const { texts } = textsOf(language);
  const { ui } = texts;
  document.documentElement.lang = language;
  document.title = ui["title"] ?? "";
  const result = element("div", { id: "result" });

  const run = async (place: string, fetch: () => Promise<Bytes>, more: Partial<Options>): Promise<void> => {
    try {
      const logs = policy();
      const kept = memory(place);
      const options = (evidence: Evidence) => {
        const pinned = logs.get(evidence.origin);
        return { ...more, ...(kept === undefined ? {} : { memory: kept }), ...(pinned === undefined ? {} : { pinned }) };
      };
      await show(result, { texts, language, isOperators: false, fetch, read: readEvidence, options });
    } catch (error) {
      result.replaceChildren(refusal(coded(error), texts));
    }
  };
  const byAddress = (text: string): void => {
    try {
      const { base, lot } = lotOf(text, location.protocol.startsWith("http") ? location.origin : undefined);
      void run(base, () => fetchCheck(base, lot), { lot: decoded(lot), fetchTile: tilesOf(base) });
    } catch (error) {
      result.replaceChildren(refusal(coded(error), texts));
    }
  };
  const byFile = (file: File | undefined): void => {
    if (file === undefined) return;
    void run("file", async () => {
      if (file.size > 96 << 20) throw new CheckError("file-too-large", `${file.size} bytes`);
      return new Uint8Array(await file.arrayBuffer());
    }, {});
  };

  const address = element("input", { type: "url", name: "address", id: "address", inputmode: "url", autocomplete: "off" }) as HTMLInputElement;
  address.placeholder = "https://…/01/…/10/…";
  const form = element("form", {}, element("label", { for: "address" }, ui["address"] ?? ""), address, element("button", {}, ui["check"] ?? ""));
  form.onsubmit = (event) => {
    event.preventDefault();
    byAddress(address.value);
  };
  const chooser = element("input", { type: "file", id: "file", accept: ".zip,application/zip" }) as HTMLInputElement;
  chooser.onchange = () => byFile(chooser.files?.[0]);
  const drop = element("div", { class: "drop" }, element("label", { for: "file" }, ui["file"] ?? ""), chooser, element("span", {}, ui["drop"] ?? ""));
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = (event) => {
    event.preventDefault();
    byFile(event.dataTransfer?.files[0]);
  };

  main.replaceChildren(
    languages(),
    element("h1", {}, ui["title"] ?? ""),
    element("p", {}, ui["page-lead"] ?? ""),
    form,
    ...camera(ui, (text) => {
      address.value = text;
      byAddress(text);
    }),
    drop,
    result,
    pins(ui, result, texts),
  );
  const wanted = asked.get("address");
  if (wanted !== null) {
    address.value = wanted;
    // A link may fill in anybody's address; only this server's own is asked without a press.
    if (URL.canParse(wanted, location.href) && new URL(wanted, location.href).origin === location.origin) byAddress(wanted);
  }
}

function languages(): HTMLElement {
  const links = Object.entries(TEXTS).map(([tag, { name }]) => {
    const button = element("button", { type: "button", lang: tag, "aria-pressed": String(tag === language) }, name);
    button.onclick = () => {
      language = tag;
      draw();
    };
    return button;
  });
  return element("nav", { "aria-label": textsOf(language).texts.ui["language"] ?? "" }, ...links);
}

function pins(ui: Readonly<Record<string, unknown>>, result: HTMLElement, texts: Parameters<typeof refusal>[1]): HTMLElement {
  try {
    const names = [...policy().keys()].join(", ");
    return element("p", { id: "pins" }, names === "" ? String(ui["unpinned"]) : String(ui["pinned"]).replace("{names}", names));
  } catch (error) {
    result.replaceChildren(refusal(coded(error), texts));
    return element("p", { id: "pins" });
  }
}

/** A button where the browser reads codes by itself, nothing elsewhere: the address can be pasted. */
function camera(ui: Readonly<Record<string, unknown>>, found: (text: string) => void): HTMLElement[] {
  if (typeof BarcodeDetector === "undefined" || navigator.mediaDevices === undefined) return [];
  const Reader = BarcodeDetector;
  const button = element("button", { type: "button", id: "scan" }, String(ui["scan"]));
  const video = element("video", { muted: "", playsinline: "", hidden: "" }) as HTMLVideoElement;
  let stream: MediaStream | undefined;
  const stop = (): void => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.hidden = true;
    button.textContent = String(ui["scan"]);
  };
  button.onclick = async () => {
    if (stream !== undefined) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      button.textContent = String(ui["stop"]);
      await video.play();
      const reader = new Reader({ formats: ["qr_code"] });
      while (stream !== undefined) {
        const [code] = await reader.detect(video);
        if (code !== undefined) {
          stop();
          found(code.rawValue);
        }
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    } catch {
      // No camera, or not allowed: the address can be pasted.
      stop();
    }
  };
  return [button, video];
}

draw();
