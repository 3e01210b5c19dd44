import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { test } from "node:test";
import { KeyFormatError, parseSigningKey, parseVerificationKey } from "./index.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
const privatePem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const publicRaw = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url");
const seed = Buffer.from(privateKey.export({ format: "jwk" }).d!, "base64url");
const data = Buffer.from("data");

test("a public key is PEM, PEM with written-out line ends, or base64 of 32 bytes", () => {
  const texts = [
    publicPem,
    publicPem.replaceAll("\n", "\\n"),
    `  ${publicRaw.toString("base64")}\n`,
    publicRaw.toString("base64url"),
  ];
  for (const text of texts) {
    assert.ok(verify(null, data, parseVerificationKey(text), sign(null, data, privateKey)), text);
  }
});

test("a private key is PEM, or base64 of the seed with or without the public key", () => {
  const texts = [
    privatePem,
    privatePem.replaceAll("\n", "\\n"),
    seed.toString("base64"),
    Buffer.concat([seed, publicRaw]).toString("base64"),
  ];
  for (const text of texts) {
    const key = parseSigningKey(text);
    assert.ok(createPublicKey(key).equals(publicKey));
  }
});

test("what is no public key is refused by name", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
  const texts = [
    "",
    "nonsense!",
    "AAAA",
    seed.toString("base64").slice(4),
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    rsa.export({ type: "spki", format: "pem" }).toString(),
  ];
  for (const text of texts) assert.throws(() => parseVerificationKey(text), KeyFormatError, text);
  assert.throws(() => parseVerificationKey("nonsense!"), { message: "invalid verification key 'nonsense!'" });
  assert.throws(() => parseVerificationKey("nonsense!", "DISPATCH_VERIFICATION_KEY"), {
    message: "invalid DISPATCH_VERIFICATION_KEY 'nonsense!'",
  });
});

test("a private key's text is in no error", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const secrets = [privatePem, rsa.export({ type: "pkcs8", format: "pem" }).toString()];
  for (const secret of secrets) {
    const line = secret.split("\n")[1]!;
    assert.throws(
      () => parseVerificationKey(secret),
      (error: Error) => error instanceof KeyFormatError && !error.message.includes(line),
    );
  }
  for (const secret of [secrets[1]!, `${seed.toString("base64")}x`, "secret"]) {
    assert.throws(
      () => parseSigningKey(secret),
      (error: Error) =>
        error.message === "invalid signing key: expected Ed25519, as PEM or base64 of 32 bytes" &&
        !error.cause,
    );
  }
});
