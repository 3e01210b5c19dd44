/**
 * The state of a suspended coroutine as it leaves this process: `dispatch.sdk.node.v1.CoroutineState`, the snapshot
 * compressed when that pays, and encrypted when there are keys.
 *
 * Compression is zstd at its default level: at 1.5 KB it takes 28 µs and leaves a quarter, at 50 KB 120 µs and an eighth;
 * deflate of that ratio takes ten times as long, brotli reads back several times slower. Below 2 KB there is little to
 * gain: an ordinary state of 200 bytes grows.
 *
 * Encryption is AES-256-GCM under a key of its own for each state, derived from the named key and 12 random bytes
 * (HMAC-SHA-256), with 12 more as nonce. So a key may seal any number of states, where random nonces under one key
 * would allow 2^32 (NIST SP 800-38D, 8.3): thousands of steps a second reach that in weeks.
 */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
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
  /** Default: states are not encrypted. */
  readonly encryption?: EnvelopeKeys | undefined;
  /**
   * With keys: whether a state that is not encrypted is still opened, as during the days after encryption was turned
   * on. Whoever can write states to the scheduler can then write any state. Default: false.
   */
  readonly acceptsPlain?: boolean;
  /** That many random bytes from a cryptographic source, e.g. `randomBytes` of node:crypto. Needed with keys. */
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** Seals and opens states. The options are checked and copied once. */
export class StateEnvelope {
  readonly #compressAboveBytes: number;
  readonly #bytesMax: number;
  readonly #acceptsPlain: boolean;
  readonly #current: string | undefined;
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #randomBytes: (count: number) => Uint8Array;

  /** @throws {TypeError} when a key is not 32 bytes, the current key is missing, or `randomBytes` is */
  constructor(options: EnvelopeOptions = {}) {
    const { encryption, randomBytes } = options;
    this.#compressAboveBytes = options.compressAboveBytes ?? COMPRESS_ABOVE_BYTES;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#acceptsPlain = encryption === undefined || (options.acceptsPlain ?? false);
    this.#current = encryption?.current;
    this.#keys = checkedKeys(encryption);
    if (encryption !== undefined && randomBytes === undefined) {
      throw new TypeError("encryption of states needs randomBytes");
    }
    this.#randomBytes = randomBytes as (count: number) => Uint8Array;
  }

  /**
   * @param context what the state belongs to, e.g. the name of the function: it must be the same to open it, when
   *   encrypted
   * @throws {EnvelopeError} `LIMIT_EXCEEDED`
   */
  seal(snapshot: Uint8Array, context = ""): Uint8Array {
    if (snapshot.length > this.#bytesMax) throw tooLarge(this.#bytesMax);
    const compressed = snapshot.length > this.#compressAboveBytes ? zstdCompressSync(snapshot) : snapshot;
    const isCompressed = compressed.length < snapshot.length;
    const content = isCompressed ? compressed : snapshot;
    if (this.#current === undefined) {
      return writeCoroutineState({
        format: FORMAT,
        codec: isCompressed ? ZSTD : PLAIN,
        keyId: "",
        snapshot: content,
      });
    }
    const head = { format: FORMAT, codec: isCompressed ? ZSTD_AES_GCM : AES_GCM, keyId: this.#current };
    const salt = this.#randomBytes(SALT_LENGTH);
    const key = this.#keys.get(this.#current) as Uint8Array;
    return writeCoroutineState({ ...head, snapshot: encrypted(content, key, salt, boundTo(head, context)) });
  }

  /** @throws {EnvelopeError} of any code; nothing of a state that is not authentic is looked at */
  open(bytes: Uint8Array, context = ""): Uint8Array {
    const state = readCoroutineState(bytes);
    if (state.format !== FORMAT) {
      throw new EnvelopeError("UNSUPPORTED_FORMAT", `state of format ${state.format}, not ${FORMAT}`);
    }
    switch (state.codec) {
      case PLAIN:
        return this.#bounded(this.#plain(state));
      case ZSTD:
        return this.#decompressed(this.#plain(state));
      case AES_GCM:
        return this.#bounded(this.#decrypted(state, context));
      case ZSTD_AES_GCM:
        return this.#decompressed(this.#decrypted(state, context));
      default:
        throw new EnvelopeError("UNSUPPORTED_FORMAT", `state of an unknown codec ${state.codec}`);
    }
  }

  #plain(state: CoroutineState): Uint8Array {
    if (!this.#acceptsPlain) throw new EnvelopeError("NOT_ENCRYPTED", "state that is not encrypted");
    return state.snapshot;
  }

  #decrypted(state: CoroutineState, context: string): Uint8Array {
    const key = this.#keys.get(state.keyId);
    if (key === undefined) {
      throw new EnvelopeError("UNKNOWN_KEY", `state encrypted with the key ${JSON.stringify(state.keyId)}`);
    }
    return decrypted(state.snapshot, key, boundTo(state, context));
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

const KEY_LENGTH = 32;
/** Half of it derives the key, half is the nonce. */
const SALT_LENGTH = 24;
const TAG_LENGTH = 16;

function checkedKeys(encryption: EnvelopeKeys | undefined): ReadonlyMap<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  for (const [id, key] of Object.entries(encryption?.keys ?? {})) {
    if (key.length !== KEY_LENGTH) {
      throw new TypeError(`the key ${JSON.stringify(id)} has ${key.length} bytes, not ${KEY_LENGTH}`);
    }
    keys.set(id, Uint8Array.from(key));
  }
  if (encryption !== undefined && !keys.has(encryption.current)) {
    throw new TypeError(`the current key ${JSON.stringify(encryption.current)} is not among the keys`);
  }
  return keys;
}

function tooLarge(bytesMax: number): EnvelopeError {
  return new EnvelopeError("LIMIT_EXCEEDED", `state of more than ${bytesMax} bytes`);
}

/** What is authenticated with the ciphertext, so that no part of a state can be taken over into another. */
function boundTo(state: Pick<CoroutineState, "format" | "codec" | "keyId">, context: string): Buffer {
  return Buffer.from(JSON.stringify([state.format, state.codec, state.keyId, context]));
}

function encrypted(content: Uint8Array, key: Uint8Array, salt: Uint8Array, bound: Buffer): Uint8Array {
  const cipher = createCipheriv("aes-256-gcm", keyFor(key, salt), salt.subarray(SALT_LENGTH / 2));
  cipher.setAAD(bound);
  return Buffer.concat([salt, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function decrypted(bytes: Uint8Array, key: Uint8Array, bound: Buffer): Uint8Array {
  if (bytes.length < SALT_LENGTH + TAG_LENGTH) throw new EnvelopeError("NOT_AUTHENTIC", "state cut short");
  const salt = bytes.subarray(0, SALT_LENGTH);
  const nonce = salt.subarray(SALT_LENGTH / 2);
  const decipher = createDecipheriv("aes-256-gcm", keyFor(key, salt), nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(bound);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_LENGTH));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(SALT_LENGTH, bytes.length - TAG_LENGTH)),
      decipher.final(),
    ]);
  } catch (cause) {
    throw new EnvelopeError("NOT_AUTHENTIC", "state that was changed, or belongs elsewhere", { cause });
  }
}

function keyFor(key: Uint8Array, salt: Uint8Array): Buffer {
  const half = salt.subarray(0, SALT_LENGTH / 2);
  return createHmac("sha256", key).update("dispatch-ts coroutine state v1\0").update(half).digest();
}
