/**
 * Requests signed by the device's key (RFC 9421; the form is told in `crates/ledger/src/request.rs`), and with the digest of their
 * body (RFC 9530) where they have one.
 */

import { base64, type Bytes, utf8 } from "../../../verifier/src/core/bytes.ts";
import { sha } from "../../../verifier/src/core/hash.ts";
import { type Signer } from "./key.ts";

const COMPONENTS = ["@method", "@authority", "@path", "@query"];

export interface Asked {
  readonly method: string;
  /** Host, and port if it is not the scheme's own, in small letters. */
  readonly authority: string;
  readonly path: string;
  /** What stands behind the question mark. */
  readonly query?: string;
  readonly body?: Bytes;
}

/** The fields to send. `createdS` is the server's time as well as it is known. */
export async function signedHeaders(signer: Signer, ledger: string, asked: Asked, createdS: number): Promise<Record<string, string>> {
  const digest = asked.body === undefined ? undefined : `sha-256=:${base64(sha(asked.body))}:`;
  const covered = [...COMPONENTS, ...(digest === undefined ? [] : ["content-digest"])].map((name) => `"${name}"`).join(" ");
  const parameters = `(${covered});created=${Math.floor(createdS)};keyid="${signer.key}";alg="ed25519";tag="nguon:${ledger}"`;
  const lines = [
    `"@method": ${asked.method}`,
    `"@authority": ${asked.authority}`,
    `"@path": ${asked.path}`,
    `"@query": ?${asked.query ?? ""}`,
    ...(digest === undefined ? [] : [`"content-digest": ${digest}`]),
    `"@signature-params": ${parameters}`,
  ];
  const signature = await signer.sign(utf8(lines.join("\n")));
  return {
    "Signature-Input": `nguon=${parameters}`,
    Signature: `nguon=:${base64(signature)}:`,
    ...(digest === undefined ? {} : { "Content-Digest": digest }),
  };
}
