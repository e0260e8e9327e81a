// Reads messages from its input and lets the library of Standard Webhooks for JavaScript say whether each holds; `v1a` is
// checked with Node's own Ed25519, because the library leaves it out.
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { messages, public_key } = JSON.parse(readFileSync(0, "utf8"));
// RFC 8410: the bytes in front of an Ed25519 public key in SPKI.
const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(public_key.slice(5), "base64")]);
const key = createPublicKey({ key: spki, format: "der", type: "spki" });
const answers = messages.map(({ secret, headers, body }) => {
  let library;
  try {
    library = JSON.stringify(new Webhook(secret).verify(body, headers)) === JSON.stringify(JSON.parse(body));
  } catch (error) {
    library = error.message;
  }
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const own = headers["webhook-signature"].split(" ").filter((one) => one.startsWith("v1a,"));
  return { library, v1a: own.length === 1 && verify(null, signed, key, Buffer.from(own[0].slice(4), "base64")) };
});
console.log(JSON.stringify(answers));
