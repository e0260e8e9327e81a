/**
 * What can be wrong, by code. Codes are stable: pages, tests and people quote them. Each has its sentence in every file of
 * `texts/`, which a test checks.
 */

export const CODES = [
  // Getting hold of it.
  "network",
  "server-refused",
  "server-busy",
  "lot-unknown",
  "address-malformed",
  // The file.
  "file-not-evidence",
  "file-truncated",
  "file-too-large",
  "file-missing",
  "file-stray",
  "file-malformed",
  "lot-other",
  // Whose ledger it is.
  "key-malformed",
  "ledger-changed",
  "policy-malformed",
  // The checkpoint.
  "note-malformed",
  "checkpoint-malformed",
  "checkpoint-unsigned",
  "checkpoint-forged",
  "checkpoint-other-log",
  "checkpoint-differs",
  // Witnesses.
  "cosignature-forged",
  "quorum-missing",
  // What this device saw last time.
  "fork",
  "tile-malformed",
  // Each record.
  "proof-malformed",
  "order-wrong",
  "index-wrong",
  "inclusion-wrong",
  "record-malformed",
  "wrong-ledger",
  "weak-key",
  "signature-wrong",
  "opening-unknown",
  "opening-wrong",
  "opening-missing",
  "chain-broken",
  "operator-missing",
  "key-unknown",
  "lot-not-told-of",
  // Something in the checker itself.
  "internal",
] as const;

export type Code = (typeof CODES)[number];

/** Something does not hold. `about` says where or how, for whoever reports it; it is not translated. */
export class CheckError extends Error {
  override readonly name = "CheckError";

  constructor(
    readonly code: Code,
    readonly about = "",
  ) {
    super(about === "" ? code : `${code}: ${about}`);
  }
}

/** The error as one with a code, whatever was thrown. */
export function coded(error: unknown): CheckError {
  return error instanceof CheckError ? error : new CheckError("internal", String(error));
}
