import assert from "node:assert/strict";
import { createHash, createPublicKey, sign, verify } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { httpbis } from "http-message-signatures";
import { type InnerList, isInnerList, parseDictionary } from "structured-headers";
import { ConnectError } from "../connect-error.ts";
import { type SignableRequest, signatureBase } from "./base.ts";
import { contentDigest, verifyContentDigest } from "./digest.ts";
import { parseSigningKey, RequestSigner, RequestVerifier, SignatureError } from "./index.ts";

// RFC 9421, appendix B.1.4 and B.2.
const RFC_PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----`;
const RFC_DIGEST =
  "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
const RFC_REQUEST: SignableRequest = {
  method: "POST",
  target: "/foo?param=Value&Pet=dog",
  authority: "example.com",
  scheme: "https",
  headers: {
    date: "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-digest": RFC_DIGEST,
    "content-length": "18",
  },
  body: Buffer.from('{"hello": "world"}'),
};
const RFC_INPUT =
  'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
const RFC_SIGNATURE =
  "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";

const privateKey = parseSigningKey(RFC_PRIVATE_KEY);
const publicKey = createPublicKey(privateKey);
const NOW_MS = 1_700_000_000_500;

function innerList(field: string): InnerList {
  const [member] = parseDictionary(field).values();
  assert.ok(member && isInnerList(member));
  return member;
}

function setup(options: { nowMs?: number; nonce?: () => string } = {}) {
  const signer = new RequestSigner({
    key: privateKey,
    now: () => NOW_MS,
    ...(options.nonce && { nonce: options.nonce }),
  });
  const verifier = new RequestVerifier({
    key: publicKey,
    now: () => options.nowMs ?? NOW_MS,
  });
  const url = new URL("https://example.com/dispatch.sdk.v1.FunctionService/Run");
  const headers = { "content-type": "application/proto" };
  const body = Buffer.from("body");
  const signed = async (): Promise<SignableRequest> => ({
    method: "POST",
    target: url.pathname,
    authority: "example.com",
    scheme: "https",
    headers: { ...headers, ...(await signer.sign({ method: "POST", url, headers, body })) },
    body,
  });
  return { signer, verifier, signed };
}

/** A request signed with other parameters or components than our signer's. */
function signedWith(input: string, request: SignableRequest = RFC_REQUEST): SignableRequest {
  const signature = sign(null, Buffer.from(signatureBase(innerList(input), request)), privateKey);
  const headers = {
    ...request.headers,
    "signature-input": input,
    signature: `dispatch=:${signature.toString("base64")}:`,
  };
  return { ...request, headers };
}

const COVERED = '("@method" "@path" "@authority" "content-type" "content-digest")';
const CREATED = Math.floor(NOW_MS / 1000);
const PARAMETERS = `;created=${CREATED};keyid="default";alg="ed25519"`;

async function assertRefused(
  promise: Promise<void>,
  httpStatus: 401 | 403,
  message: RegExp | string,
  what?: string,
): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof SignatureError, String(error));
    assert.equal(ConnectError.from(error).httpStatus, httpStatus, what);
    if (typeof message === "string") assert.equal(error.message, message, what);
    else assert.match(error.message, message, what);
    return true;
  });
}

test("the signature base and the signature of RFC 9421 B.2.6 come out as printed there", () => {
  const base = signatureBase(innerList(RFC_INPUT), RFC_REQUEST);
  assert.equal(
    base,
    [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@authority": example.com',
      '"content-type": application/json',
      '"content-length": 18',
      `"@signature-params": ${RFC_INPUT.slice("sig-b26=".length)}`,
    ].join("\n"),
  );
  assert.equal(sign(null, Buffer.from(base), privateKey).toString("base64"), RFC_SIGNATURE);
  assert.ok(verify(null, Buffer.from(base), publicKey, Buffer.from(RFC_SIGNATURE, "base64")));
});

test("the Content-Digest of RFC 9421 B.2 comes out as printed there and verifies", async () => {
  assert.equal(await contentDigest(RFC_REQUEST.body), RFC_DIGEST);
  await verifyContentDigest(RFC_DIGEST, RFC_REQUEST.body);
});

test("derived components are those of RFC 9421, section 2.2", () => {
  const cases: [component: string, request: Partial<SignableRequest>, value: string][] = [
    ["@authority", { authority: "EXAMPLE.com:443" }, "example.com"],
    ["@authority", { authority: "example.com:80", scheme: "http" }, "example.com"],
    ["@authority", { authority: "example.com:8443" }, "example.com:8443"],
    ["@path", { target: "/a/../b%20c?x" }, "/a/../b%20c"],
    ["@path", { target: "http://example.com" }, "/"],
    ["@path", { target: "?x" }, "/"],
    ["@query", { target: "/path?queryString" }, "?queryString"],
    ["@query", { target: "/path" }, "?"],
    ["@scheme", { scheme: "http" }, "http"],
    ["@request-target", { target: "/path?p=v" }, "/path?p=v"],
    ["@target-uri", { target: "/path?p=v" }, "https://example.com/path?p=v"],
    ["@target-uri", { target: "/path" }, "https://example.com/path"],
  ];
  for (const [component, request, value] of cases) {
    const base = signatureBase([[[component, new Map()]], new Map()], { ...RFC_REQUEST, ...request });
    assert.equal(base.split("\n")[0], `"${component}": ${value}`);
  }
});

test("header values are trimmed and several are joined", () => {
  const request = { ...RFC_REQUEST, headers: { x: ["  a ", "b"] } };
  assert.match(signatureBase([[["x", new Map()]], new Map()], request), /^"x": a, b\n/);
});

test("a signed request verifies, with label, key id, algorithm and components as Dispatch has them", async () => {
  const { verifier, signed } = setup();
  const request = await signed();
  await verifier.verify(request);
  assert.equal(request.headers["signature-input"], `dispatch=${COVERED}${PARAMETERS}`);
  assert.match(String(request.headers["content-digest"]), /^sha-512=:/);
});

test("a nonce is sent and covered", async () => {
  const { verifier, signed } = setup({ nonce: () => "n1" });
  const request = await signed();
  await verifier.verify(request);
  assert.match(String(request.headers["signature-input"]), /;nonce="n1"$/);
  const input = String(request.headers["signature-input"]).replace("n1", "n2");
  const changed = { ...request, headers: { ...request.headers, "signature-input": input } };
  await assertRefused(verifier.verify(changed), 403, "invalid signature");
});

test("whatever of a signed request is changed, the signature no longer holds", async () => {
  const { verifier, signed } = setup();
  const request = await signed();
  const changed: [Partial<SignableRequest>, string][] = [
    [{ method: "GET" }, "invalid signature"],
    [{ target: "/other" }, "invalid signature"],
    [{ authority: "evil.example" }, "invalid signature"],
    [{ headers: { ...request.headers, "content-type": "application/json" } }, "invalid signature"],
    [{ headers: { ...request.headers, "content-digest": RFC_DIGEST } }, "invalid signature"],
    [{ body: Buffer.from("Body") }, "body does not match its Content-Digest"],
  ];
  for (const [part, message] of changed) {
    await assertRefused(verifier.verify({ ...request, ...part }), 403, message);
  }
  await verifier.verify({ ...request, target: `${request.target}?not=covered` });
});

test("a signature by another key is invalid", async () => {
  const other = new RequestSigner({
    key: parseSigningKey(Buffer.alloc(32, 7).toString("base64")),
    now: () => NOW_MS,
  });
  const url = new URL("https://example.com/foo");
  const headers = { "content-type": "application/json" };
  const added = await other.sign({ method: "POST", url, headers, body: RFC_REQUEST.body });
  const request = { ...RFC_REQUEST, headers: { ...headers, ...added } };
  await assertRefused(setup().verifier.verify(request), 403, "invalid signature");
});

test("a missing or unreadable signature is 403", async () => {
  const { verifier, signed } = setup();
  const request = await signed();
  const without = (name: string) => ({ ...request.headers, [name]: undefined });
  const cases: [what: string, headers: SignableRequest["headers"], message: string][] = [
    ["no signature", without("signature"), "missing signature"],
    ["no signature input", without("signature-input"), "missing signature"],
    ["another label", { ...request.headers, signature: "other=:AAAA:" }, "missing signature"],
    ["an empty header", { ...request.headers, signature: "" }, "missing signature"],
    ["no structured field", { ...request.headers, signature: "=((" }, "malformed signature"],
    ["a text as signature", { ...request.headers, signature: 'dispatch="AAAA"' }, "malformed signature"],
    ["a list as signature", { ...request.headers, signature: "dispatch=(:AAAA:)" }, "malformed signature"],
    ["no list of components", { ...request.headers, "signature-input": "dispatch=1" }, "malformed signature"],
    ["a short signature", { ...request.headers, signature: "dispatch=:AAAA:" }, "invalid signature"],
  ];
  for (const [what, headers, message] of cases) {
    await assertRefused(verifier.verify({ ...request, headers }), 403, message, what);
  }
});

test("an unknown key id is 401, another algorithm is 403", async () => {
  const { verifier } = setup();
  const cases: [parameters: string, httpStatus: 401 | 403, message: string][] = [
    [`;created=${CREATED};keyid="other"`, 401, "unknown key id 'other'"],
    [`;created=${CREATED}`, 401, "unknown key id"],
    [`;created=${CREATED};keyid=default`, 401, "unknown key id"],
    [`;created=${CREATED};keyid="default";alg="rsa-pss-sha512"`, 403, "signature algorithm is not ed25519"],
  ];
  for (const [parameters, httpStatus, message] of cases) {
    await assertRefused(verifier.verify(signedWith(`dispatch=${COVERED}${parameters}`)), httpStatus, message);
  }
  await verifier.verify(signedWith(`dispatch=${COVERED};created=${CREATED};keyid="default"`));
});

test("a signature is accepted for five minutes, and five seconds of clocks apart", async () => {
  const { signed } = setup();
  const request = await signed();
  const createdMs = CREATED * 1000;
  for (const nowMs of [createdMs, createdMs - 5_000, createdMs + 305_000]) {
    await setup({ nowMs }).verifier.verify(request);
  }
  await assertRefused(setup({ nowMs: createdMs - 5_001 }).verifier.verify(request), 403, /in the future/);
  await assertRefused(setup({ nowMs: createdMs + 305_001 }).verifier.verify(request), 403, /too old/);
});

test("a signature without a creation time, or past its expiry, is refused", async () => {
  const { verifier } = setup();
  const refuse = (parameters: string, message: RegExp) =>
    assertRefused(verifier.verify(signedWith(`dispatch=${COVERED}${parameters}`)), 403, message);
  await refuse(';keyid="default"', /no creation time/);
  await refuse(`;created="${CREATED}";keyid="default"`, /malformed created/);
  await refuse(`;created=${CREATED}.5;keyid="default"`, /malformed created/);
  await refuse(`;created=${CREATED - 20};keyid="default";expires=${CREATED - 10}`, /has expired/);
  await verifier.verify(
    signedWith(`dispatch=${COVERED};created=${CREATED - 20};keyid="default";expires=${CREATED - 4}`),
  );
});

test("every required component must be covered, whatever else is", async () => {
  const { verifier } = setup();
  const names = ["@method", "@path", "@authority", "content-type", "content-digest"];
  for (const missing of names) {
    const list = names.filter((name) => name !== missing).map((name) => `"${name}"`);
    const request = signedWith(`dispatch=(${list.join(" ")})${PARAMETERS}`);
    await assertRefused(verifier.verify(request), 401, `signature does not cover "${missing}"`);
  }
  const more = COVERED.replace(")", ' "@query" "date")');
  await verifier.verify(signedWith(`dispatch=${more}${PARAMETERS}`));
});

test("a component that the request lacks is 401; one twice or of an unknown kind is 403", async () => {
  const { verifier } = setup();
  const request = signedWith(`dispatch=${COVERED}${PARAMETERS}`);
  const refuse = (component: string, httpStatus: 401 | 403, message: RegExp) => {
    const input = `dispatch=${COVERED.replace(")", ` ${component})`)}${PARAMETERS}`;
    const headers = { ...request.headers, "signature-input": input };
    return assertRefused(verifier.verify({ ...request, headers }), httpStatus, message, component);
  };
  await refuse('"x-absent"', 401, /request has no "x-absent"/);
  await refuse('"constructor"', 401, /request has no "constructor"/);
  await refuse('"__proto__"', 401, /request has no/);
  await refuse('"@path"', 403, /twice/);
  await refuse('"@status"', 403, /not supported/);
  await refuse('"@method";req', 403, /not supported/);
  await refuse("42", 403, /not supported/);
  const { "content-type": _, ...headers } = request.headers;
  await assertRefused(verifier.verify({ ...request, headers }), 401, /request has no "content-type"/);
});

test("a digest is sha-256 or sha-512 of the body, and each known one must be right", async () => {
  const body = Buffer.from("body");
  const right = await contentDigest(body);
  const sha256 = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  await verifyContentDigest(sha256, body);
  await verifyContentDigest(`md5=:AAAA:, ${right}, ${sha256}`, body);
  await assertRefused(
    verifyContentDigest(`${right}, ${sha256}`, Buffer.from("other")),
    403,
    /does not match/,
  );
  await assertRefused(verifyContentDigest(`${right}, sha-256=:AAAA:`, body), 403, /does not match/);
  await assertRefused(verifyContentDigest("md5=:AAAA:", body), 401, "no known digest in Content-Digest");
  await assertRefused(verifyContentDigest("", body), 401, "no known digest in Content-Digest");
  await assertRefused(verifyContentDigest("sha-512=AAAA", body), 403, "malformed Content-Digest");
  await assertRefused(verifyContentDigest("sha-512=((", body), 403, "malformed Content-Digest");
});

test("the digest of a large body is the same off the event loop", async () => {
  const body = new Uint8Array(200_000).fill(1);
  assert.equal(await contentDigest(body), `sha-512=:${createHash("sha512").update(body).digest("base64")}:`);
  await verifyContentDigest(await contentDigest(body), body);
});

test("another implementation of RFC 9421 accepts what we sign", async () => {
  const { signed } = setup();
  const request = await signed();
  const verified = await httpbis.verifyMessage(
    {
      keyLookup: async () => ({
        verify: async (data, signature) => verify(null, data, publicKey, signature),
      }),
    },
    {
      method: "POST",
      url: `https://example.com${request.target}`,
      headers: request.headers as Record<string, string>,
    },
  );
  assert.equal(verified, true);
});

test("what another implementation of RFC 9421 signs is accepted", async () => {
  const message = await httpbis.signMessage(
    {
      key: {
        id: "default",
        alg: "ed25519",
        sign: async (data) => sign(null, data, privateKey),
      },
      name: "dispatch",
      fields: ["@method", "@path", "@authority", "content-type", "content-digest"],
      params: ["created", "keyid", "alg"],
      paramValues: { created: new Date(NOW_MS) },
    },
    {
      method: "POST",
      url: "https://example.com/foo",
      headers: { "content-type": "application/json", "content-digest": RFC_DIGEST },
    },
  );
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  await setup().verifier.verify({ ...RFC_REQUEST, target: "/foo", headers });
});

test("random signature headers are refused with a SignatureError", async () => {
  const { verifier, signed } = setup();
  const request = await signed();
  const good = String(request.headers["signature-input"]);
  const noise = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.tuple(fc.nat({ max: good.length }), fc.string({ minLength: 1, maxLength: 3 })).map(([at, text]) => {
      return good.slice(0, at) + text + good.slice(at);
    }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("signature-input", "signature", "content-digest"),
      noise,
      async (name, value) => {
        const headers = { ...request.headers, [name]: value };
        await verifier.verify({ ...request, headers }).catch((error) => {
          if (!(error instanceof SignatureError)) throw error;
          assert.notEqual(error.message, "");
        });
      },
    ),
    { seed: 3, numRuns: process.env.DISPATCH_TEST_LONG ? 10_000 : 200 },
  );
});
