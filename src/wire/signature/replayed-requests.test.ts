import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { ConnectError } from "../connect-error.ts";
import type { SignableRequest } from "./base.ts";
import { ReplayCache, RequestSigner, RequestVerifier } from "./index.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

function setup({
  nonce,
  replayWithoutNonce = false,
}: {
  nonce?: () => string;
  replayWithoutNonce?: boolean;
} = {}) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const now = () => NOW_MS;
  const signer = new RequestSigner({ key: privateKey, now, ...(nonce && { nonce }) });
  const verifier = new RequestVerifier({
    key: publicKey,
    now,
    replay: new ReplayCache(),
    replayWithoutNonce,
  });
  const url = new URL("https://example.com/dispatch.sdk.v1.FunctionService/Run");
  const headers = { "content-type": "application/proto" };
  const body = new TextEncoder().encode("body");
  const signed = async (): Promise<SignableRequest> => ({
    method: "POST",
    target: url.pathname,
    authority: url.host,
    scheme: "https",
    headers: { ...headers, ...(await signer.sign({ method: "POST", url, headers, body })) },
    body,
  });
  return { verifier, signed };
}

async function assertRefused(promise: Promise<void>, httpStatus: number, message: string): Promise<void> {
  await assert.rejects(promise, (error: Error) => {
    assert.equal(error.message, message);
    assert.equal(ConnectError.from(error).httpStatus, httpStatus);
    return true;
  });
}

test("a request that is sent again is refused where replays are checked, in a way that can be tried again", async () => {
  const nonce = () => "once";
  const { verifier, signed } = setup({ nonce });
  const request = await signed();
  await verifier.verify(request);
  await assertRefused(verifier.verify(request), 503, "signature was used before: sign the request again");
});

test("without a nonce a run delivered twice in a second is no replay, unless that is asked for", async () => {
  const lenient = setup();
  const request = await lenient.signed();
  assert.deepEqual((await lenient.signed()).headers, request.headers, "the two cannot be told apart");
  await lenient.verifier.verify(request);
  await lenient.verifier.verify(request);
  const strict = setup({ replayWithoutNonce: true });
  const other = await strict.signed();
  await strict.verifier.verify(other);
  await assertRefused(
    strict.verifier.verify(other),
    503,
    "signature was used before: sign the request again",
  );
});

test("a request signed again with another nonce is no replay, and a forged one is not remembered", async () => {
  let count = 0;
  const { verifier, signed } = setup({ nonce: () => `n${count++}` });
  await verifier.verify(await signed());
  const request = await signed();
  await assertRefused(verifier.verify({ ...request, method: "PUT" }), 403, "invalid signature");
  await verifier.verify(request);
});
