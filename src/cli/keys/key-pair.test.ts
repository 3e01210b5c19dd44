import assert from "node:assert/strict";
import { test } from "node:test";
import {
  parseSigningKey,
  parseVerificationKey,
  RequestSigner,
  RequestVerifier,
} from "../../wire/signature/index.ts";
import { keyPairOf } from "./key-pair.ts";

const SEED = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");

test("the key pair of a seed is that of RFC 8032's first test vector", () => {
  const pair = keyPairOf(SEED);
  assert.equal(
    Buffer.from(pair.verificationKey, "base64").toString("hex"),
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  );
  assert.equal(pair.signingKey, SEED.toString("base64"));
});

test("what one half signs the other verifies, in both forms", async () => {
  const pair = keyPairOf(Buffer.alloc(32, 7));
  for (const [signing, verification] of [
    [pair.signingKey, pair.verificationKey],
    [pair.signingKeyPem, pair.verificationKeyPem],
  ] as const) {
    const signer = new RequestSigner({ key: parseSigningKey(signing), now: () => 1_000 });
    const verifier = new RequestVerifier({ key: parseVerificationKey(verification), now: () => 1_000 });
    const body = Uint8Array.of(1, 2);
    const headers = { "content-type": "application/proto" };
    const url = new URL("http://localhost:8000/dispatch.sdk.v1.FunctionService/Run");
    const signed = await signer.sign({ method: "POST", url, headers, body });
    await verifier.verify({
      method: "POST",
      target: url.pathname,
      authority: url.host,
      scheme: "http",
      headers: { ...headers, ...signed },
      body,
    });
  }
});

test("a seed of another length is refused", () => {
  assert.throws(() => keyPairOf(Buffer.alloc(31)), RangeError);
});
