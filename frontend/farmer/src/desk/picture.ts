/** A photograph as it may become public: smaller, and nothing of it but the picture: drawing it anew leaves behind where and with what it was taken. */

import { fileDigest } from "../core/digests.ts";
import { type PhotoFile } from "../core/store.ts";

const SIDE_MAX = 1_600;
/** Larger files are not even looked at. */
const FILE_BYTES_MAX = 60 << 20;

/** Nothing if the file is no picture that this browser can read. */
export async function shrink(file: File): Promise<Omit<PhotoFile, "sent"> | undefined> {
  if (file.size > FILE_BYTES_MAX) return undefined;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return undefined;
  }
  const scale = Math.min(1, SIDE_MAX / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 0.82 })).arrayBuffer());
  return { blake3: fileDigest(bytes), bytes, mediaType: "image/jpeg" };
}
