/**
 * Photographs and voice notes. A photograph is drawn anew by the phone, at most 1,600 pixels wide and high: what stood beside the picture in
 * the file (where it was taken, by which phone, when) is gone. The digest of these new bytes is what the record names.
 */

import { type Bytes } from "../../../verifier/src/core/bytes.ts";
import { fileDigest } from "../core/digests.ts";

const SIDE_MAX = 1_600;
/** What the ledger takes is 3,000,000 bytes. */
const BYTES_MAX = 2_000_000;
const QUALITIES = [0.8, 0.65, 0.5, 0.35];
/** A file of more bytes than this is not opened: decoding it would end a cheap phone's browser. */
const FILE_BYTES_MAX = 60 << 20;

export interface Picture {
  readonly blake3: string;
  readonly bytes: Bytes;
  readonly mediaType: "image/jpeg";
}

export type PictureFault = "too-large" | "not-a-picture";

async function drawn(bitmap: ImageBitmap, side: number, quality: number): Promise<Blob | null> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return null;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  // Some browsers hold on to a canvas' memory until it is small.
  canvas.width = canvas.height = 1;
  return blob;
}

/** The photograph as it will be kept and named. */
export async function shrink(file: Blob): Promise<Picture | PictureFault> {
  if (file.size > FILE_BYTES_MAX) return "too-large";
  let bitmap: ImageBitmap;
  try {
    // Turned upright as the camera meant it; that note is lost with the others. 40 megapixels are decoded at a fraction of it.
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image", resizeQuality: "medium" });
  } catch {
    return "not-a-picture";
  }
  try {
    for (const quality of QUALITIES) {
      const blob = await drawn(bitmap, SIDE_MAX, quality);
      if (blob === null) return "not-a-picture";
      if (blob.size > BYTES_MAX) continue;
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return { blake3: fileDigest(bytes), bytes, mediaType: "image/jpeg" };
    }
    return "too-large";
  } finally {
    bitmap.close();
  }
}

/** A face for the list of people: small, as a data URL. */
export async function face(file: Blob): Promise<string | undefined> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const side = Math.min(bitmap.width, bitmap.height);
    const square = await createImageBitmap(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side);
    const blob = await drawn(square, 160, 0.8);
    bitmap.close();
    square.close();
    if (blob === null) return undefined;
    return await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result));
      reader.onerror = () => resolve(undefined);
      reader.readAsDataURL(blob);
    });
  } catch {
    return undefined;
  }
}

/** Voice notes end by themselves. */
const VOICE_MS_MAX = 60_000;

export interface Recording {
  stop(): void;
  readonly ended: Promise<{ readonly blob: Blob; readonly seconds: number } | undefined>;
}

/** Begins to record; nothing where there is no microphone or it is not allowed. */
export async function record(): Promise<Recording | undefined> {
  if (typeof MediaRecorder === "undefined" || navigator.mediaDevices === undefined) return undefined;
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return undefined;
  }
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 24_000 });
  const parts: Blob[] = [];
  const began = performance.now();
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise<{ blob: Blob; seconds: number } | undefined>((resolve) => {
    recorder.onstop = () => {
      for (const track of stream.getTracks()) track.stop();
      const blob = new Blob(parts, { type: recorder.mimeType });
      resolve(blob.size === 0 ? undefined : { blob, seconds: Math.round((performance.now() - began) / 1000) });
    };
  });
  recorder.start();
  const timer = setTimeout(() => recorder.state !== "inactive" && recorder.stop(), VOICE_MS_MAX);
  return {
    stop: () => {
      clearTimeout(timer);
      if (recorder.state !== "inactive") recorder.stop();
    },
    ended,
  };
}
