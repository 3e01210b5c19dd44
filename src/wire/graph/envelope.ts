/**
 * The state of a suspended coroutine as it leaves this process: `dispatch.sdk.node.v1.CoroutineState`, the snapshot
 * compressed when that pays, authenticated always, and encrypted when that is asked for.
 *
 * A snapshot names functions and says where they go on, so whoever may write one has code executed: none is looked at
 * that was not sealed with a key of ours, for the same context. What is not encrypted carries an HMAC-SHA-256 (RFC 2104),
 * of which the first 16 bytes are kept.
 *
 * Compression is zstd at its default level: at 1.5 KB it takes 28 µs and leaves a quarter, at 50 KB 120 µs and an eighth;
 * deflate of that ratio takes ten times as long, brotli reads back several times slower. Below 2 KB there is little to
 * gain: an ordinary state of 200 bytes grows.
 *
 * Encryption is AES-256-GCM under a key of its own for each state, derived from the named key and 12 random bytes
 * (HMAC-SHA-256), with 12 more as nonce. So a key may seal any number of states, where random nonces under one key
 * would allow 2^32 (NIST SP 800-38D, 8.3): thousands of steps a second reach that in weeks.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type CoroutineState, readCoroutineState, writeCoroutineState } from "./coroutine-state.ts";
import { EnvelopeError } from "./envelope-error.ts";
import { BYTES_MAX } from "./limits.ts";

export interface EnvelopeKeys {
  /** Id of the key that seals. */
  readonly current: string;
  /** Keys by id, 32 bytes each: the current one, and older ones as long as states sealed with them may come back. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
}

export interface EnvelopeOptions {
  /** Snapshots larger than this are compressed when that makes them smaller. Default: 2,048; Infinity for never. */
  readonly compressAboveBytes?: number;
  /** Bound on a snapshot, before compression and after decompression. Default: 64 MiB. */
  readonly bytesMax?: number;
  /** What states are sealed with. */
  readonly keys: EnvelopeKeys;
  /** Whether states are sealed encrypted; both kinds are opened. Default: false. */
  readonly encrypts?: boolean;
  /** That many random bytes from a cryptographic source, e.g. `randomBytes` of node:crypto. Needed to encrypt. */
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** Seals and opens states. The options are checked and copied once. */
export class StateEnvelope {
  readonly #compressAboveBytes: number;
  readonly #bytesMax: number;
  readonly #encrypts: boolean;
  readonly #current: string;
  readonly #keys: ReadonlyMap<string, StateKey>;
  readonly #randomBytes: (count: number) => Uint8Array;

  /** @throws {TypeError} when a key is not 32 bytes, the current key is missing, or `randomBytes` is */
  constructor(options: EnvelopeOptions) {
    const { encrypts = false, keys, randomBytes } = options;
    this.#compressAboveBytes = options.compressAboveBytes ?? COMPRESS_ABOVE_BYTES;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#encrypts = encrypts;
    this.#current = keys.current;
    this.#keys = checkedKeys(keys);
    if (encrypts && randomBytes === undefined) throw new TypeError("encryption of states needs randomBytes");
    this.#randomBytes = randomBytes as (count: number) => Uint8Array;
  }

  /**
   * @param context what the state belongs to, e.g. the names of the function and the call: it must be the same to open it
   * @throws {EnvelopeError} `LIMIT_EXCEEDED`
   */
  seal(snapshot: Uint8Array, context = ""): Uint8Array {
    if (snapshot.length > this.#bytesMax) throw tooLarge(this.#bytesMax);
    const compressed = snapshot.length > this.#compressAboveBytes ? zstdCompressSync(snapshot) : snapshot;
    const isCompressed = compressed.length < snapshot.length;
    const content = isCompressed ? compressed : snapshot;
    const key = this.#keys.get(this.#current) as StateKey;
    const codec = codecOf({ compressed: isCompressed, encrypted: this.#encrypts });
    const head = { format: FORMAT, codec, keyId: this.#current };
    const bound = boundTo(head, context);
    if (!this.#encrypts) {
      return writeCoroutineState({ ...head, snapshot: content, mac: macOf(content, key, bound) });
    }
    const sealed = encrypted(content, key, this.#randomBytes(SALT_LENGTH), bound);
    return writeCoroutineState({ ...head, snapshot: sealed, mac: NO_MAC });
  }

  /** @throws {EnvelopeError} of any code; nothing of a state that is not authentic is looked at */
  open(bytes: Uint8Array, context = ""): Uint8Array {
    const state = readCoroutineState(bytes);
    if (state.format !== FORMAT) {
      throw new EnvelopeError("UNSUPPORTED_FORMAT", `state of format ${state.format}, not ${FORMAT}`);
    }
    switch (state.codec) {
      case PLAIN:
        return this.#bounded(this.#authentic(state, context));
      case ZSTD:
        return this.#decompressed(this.#authentic(state, context));
      case AES_GCM:
        return this.#bounded(this.#decrypted(state, context));
      case ZSTD_AES_GCM:
        return this.#decompressed(this.#decrypted(state, context));
      default:
        throw new EnvelopeError("UNSUPPORTED_FORMAT", `state of an unknown codec ${state.codec}`);
    }
  }

  #authentic(state: CoroutineState, context: string): Uint8Array {
    const mac = macOf(state.snapshot, this.#keyOf(state), boundTo(state, context));
    if (state.mac.length !== MAC_LENGTH || !timingSafeEqual(mac, state.mac)) throw notAuthentic();
    return state.snapshot;
  }

  #decrypted(state: CoroutineState, context: string): Uint8Array {
    return decrypted(state.snapshot, this.#keyOf(state), boundTo(state, context));
  }

  #keyOf({ keyId }: CoroutineState): StateKey {
    const key = this.#keys.get(keyId);
    if (key !== undefined) return key;
    // Not one word of what an unauthenticated state says goes into a log unquoted.
    const name = keyId === "" ? "no key" : `the key ${JSON.stringify(keyId.slice(0, 64))}, which is not here`;
    throw new EnvelopeError("UNKNOWN_KEY", `state sealed with ${name}`);
  }

  #decompressed(bytes: Uint8Array): Uint8Array {
    try {
      return zstdDecompressSync(bytes, { maxOutputLength: this.#bytesMax });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(this.#bytesMax);
      throw new EnvelopeError("MALFORMED", "state that cannot be decompressed", { cause });
    }
  }

  #bounded(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#bytesMax) throw tooLarge(this.#bytesMax);
    return bytes;
  }
}

const COMPRESS_ABOVE_BYTES = 2048;
const FORMAT = 1;
// Values of CoroutineState.Codec.
const PLAIN = 1;
const ZSTD = 2;
const AES_GCM = 3;
const ZSTD_AES_GCM = 4;

function codecOf({ compressed, encrypted }: { compressed: boolean; encrypted: boolean }): number {
  if (encrypted) return compressed ? ZSTD_AES_GCM : AES_GCM;
  return compressed ? ZSTD : PLAIN;
}

const KEY_LENGTH = 32;
/** Half of it derives the key, half is the nonce. */
const SALT_LENGTH = 24;
const TAG_LENGTH = 16;
const MAC_LENGTH = 16;
const NO_MAC = new Uint8Array();

/** Each use has a key of its own, derived from the one that was given. */
interface StateKey {
  /** HMAC of a salt under this one encrypts a state. */
  readonly encryption: KeyObject;
  readonly mac: KeyObject;
}

function checkedKeys({ current, keys }: EnvelopeKeys): ReadonlyMap<string, StateKey> {
  const checked = new Map<string, StateKey>();
  for (const [id, key] of Object.entries(keys)) {
    if (key.length !== KEY_LENGTH) {
      throw new TypeError(`the key ${JSON.stringify(id)} has ${key.length} bytes, not ${KEY_LENGTH}`);
    }
    checked.set(id, { encryption: derived(key, "encryption"), mac: derived(key, "mac") });
  }
  if (!checked.has(current)) {
    throw new TypeError(`the current key ${JSON.stringify(current)} is not among the keys`);
  }
  return checked;
}

function derived(key: Uint8Array, use: string): KeyObject {
  return createSecretKey(createHmac("sha256", key).update(`dispatch-ts coroutine state v1 ${use}`).digest());
}

function tooLarge(bytesMax: number): EnvelopeError {
  return new EnvelopeError("LIMIT_EXCEEDED", `state of more than ${bytesMax} bytes`);
}

function notAuthentic(): EnvelopeError {
  return new EnvelopeError("NOT_AUTHENTIC", "state that was changed, or belongs elsewhere");
}

/** What is authenticated with the content, so that no part of a state can be taken over into another. */
function boundTo(state: Pick<CoroutineState, "format" | "codec" | "keyId">, context: string): string {
  return JSON.stringify([state.format, state.codec, state.keyId, context]);
}

function macOf(content: Uint8Array, key: StateKey, bound: string): Uint8Array {
  // No JSON text holds a zero byte: it ends where the content begins.
  const mac = createHmac("sha256", key.mac).update(`${bound}\0`).update(content).digest();
  return mac.subarray(0, MAC_LENGTH);
}

function encrypted(content: Uint8Array, key: StateKey, salt: Uint8Array, bound: string): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", keyFor(key, salt), salt.subarray(SALT_LENGTH / 2));
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([salt, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function decrypted(bytes: Uint8Array, key: StateKey, bound: string): Uint8Array {
  if (bytes.length < SALT_LENGTH + TAG_LENGTH) throw new EnvelopeError("NOT_AUTHENTIC", "state cut short");
  const salt = bytes.subarray(0, SALT_LENGTH);
  const nonce = salt.subarray(SALT_LENGTH / 2);
  const decipher = createDecipheriv("aes-256-gcm", keyFor(key, salt), nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_LENGTH));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(SALT_LENGTH, bytes.length - TAG_LENGTH)),
      decipher.final(),
    ]);
  } catch {
    throw notAuthentic();
  }
}

function keyFor(key: StateKey, salt: Uint8Array): Buffer {
  return createHmac("sha256", key.encryption)
    .update(salt.subarray(0, SALT_LENGTH / 2))
    .digest();
}
