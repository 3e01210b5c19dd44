import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RequestSigner, RequestVerifier } from "../wire/signature/index.ts";
import { refusal, runRequest, setupEndpoint } from "./endpoint.test-support.ts";
import { RUN_PATH } from "./index.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

async function setup() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  let nowMs = NOW_MS;
  const verifier = new RequestVerifier({ key: publicKey, now: () => nowMs });
  const endpoint = await setupEndpoint({ verify: (request) => verifier.verify(request) });
  const sign = (key = privateKey, body = runRequest()) =>
    new RequestSigner({ key, now: () => NOW_MS }).sign({
      method: "POST",
      url: new URL(RUN_PATH, endpoint.url),
      headers: { "content-type": "application/proto" },
      body,
    });
  const post = async (headers: Record<string, string>, body = runRequest()) =>
    endpoint.post(body, { "content-type": "application/proto", ...headers });
  return {
    sign,
    post,
    rejections: endpoint.rejections,
    setTime: (ms: number) => {
      nowMs = ms;
    },
    [Symbol.asyncDispose]: () => endpoint.endpoint.close(),
  };
}

test("a signed run is served; unsigned, foreign, stale or moved to another body it is refused", async () => {
  await using t = await setup();
  const signed = await t.sign();
  assert.equal((await t.post(signed)).status, 200);

  const refused = async (response: Promise<Response>, status: number, code: string, message: RegExp) => {
    const answer = await refusal(await response);
    assert.deepEqual([answer.status, answer.code], [status, code], answer.message);
    assert.match(answer.message, message);
  };
  await refused(t.post({}), 403, "permission_denied", /missing signature/);
  const foreign = await t.sign(generateKeyPairSync("ed25519").privateKey);
  await refused(t.post(foreign), 403, "permission_denied", /invalid signature/);
  const other = runRequest({ function: "other" });
  await refused(t.post(signed, other), 403, "permission_denied", /Content-Digest/);
  await refused(
    t.post({ ...signed, "content-type": "application/json" }),
    403,
    "permission_denied",
    /invalid signature/,
  );
  await refused(t.post({ ...signed, signature: "garbage" }), 403, "permission_denied", /malformed|missing/);
  t.setTime(NOW_MS + 306_000);
  await refused(t.post(signed), 403, "permission_denied", /too old/);
  assert.equal(t.rejections().length, 6);
});

test("with a certificate it speaks TLS, and plain HTTP is no answer to it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  try {
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"].concat(
        ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
      ),
      { stdio: "ignore" },
    );
  } catch {
    return t.skip("openssl is not installed");
  }
  await using endpoint = await setupEndpoint({
    tls: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") },
  });
  assert.match(endpoint.url, /^https:/);
  const status = await new Promise((resolve, reject) => {
    httpsRequest(endpoint.url + RUN_PATH, { method: "POST", ca: readFileSync(cert) }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    })
      .on("error", reject)
      .end(runRequest());
  });
  assert.equal(status, 200);
  assert.equal(await endpoint.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
});
