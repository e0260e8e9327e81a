/** Codes on packs, read by the camera where the browser can; a scanner at the cable types into the field as a keyboard does. */

import { h } from "./dom.ts";
import { drawer } from "./drawer.ts";
import { say } from "./words.ts";

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector } | undefined;

export const canScan = (): boolean => typeof BarcodeDetector !== "undefined" && navigator.mediaDevices !== undefined;

export async function scan(): Promise<string | undefined> {
  if (typeof BarcodeDetector === "undefined") return undefined;
  const reader = new BarcodeDetector({ formats: ["qr_code", "data_matrix"] });
  let stream: MediaStream | undefined;
  let isOpen = true;
  const found = await drawer<string>(
    say("scan"),
    (close) => {
      const video = h("video", { muted: true, playsinline: true, autoplay: true, class: "camera" });
      const status = h("p", { role: "status" }, say("scan.hold"));
      void (async () => {
        try {
          stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
          video.srcObject = stream;
          await video.play();
          while (isOpen) {
            const [code] = await reader.detect(video);
            if (code !== undefined) return close(code.rawValue);
            await new Promise((resolve) => setTimeout(resolve, 150));
          }
        } catch {
          status.textContent = say("scan.none");
        }
      })();
      return [video, status];
    },
    "middle",
  );
  isOpen = false;
  for (const track of stream?.getTracks() ?? []) track.stop();
  return found;
}

/** What the server knows a scanned thing by: the path of its lot's page, without what names a single pack; or what was typed. */
export function calledBy(code: string): string {
  const text = code.trim();
  let path = text;
  try {
    if (/^https?:\/\//i.test(text)) path = new URL(text).pathname;
  } catch {
    return text;
  }
  if (!path.startsWith("/")) return text;
  return path.replace(/\/(?:21|s)\/[^/]+\/?$/, "").replace(/\/$/, "");
}
