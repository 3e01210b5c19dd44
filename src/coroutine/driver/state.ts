/** The envelope of a snapshot: `dispatch.sdk.node.v1.CoroutineState`, compressed and encrypted when asked to. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { IncompatibleStateError, PermanentError } from "../../sdk/index.ts";
import {
  CoroutineState_Codec as Codec,
  CoroutineStateSchema,
} from "../../wire/gen/dispatch/sdk/node/v1/state_pb.js";
import { type Any, anyOf, typeNameOf, typeUrlOf } from "../../wire/values/types.ts";

const FORMAT = 1;
const TYPE_NAME = "dispatch.sdk.node.v1.CoroutineState";
const TYPE_URL = typeUrlOf(TYPE_NAME);

export interface StateOptions {
  /** Snapshots of this many bytes or more are compressed with zstd. Infinity never compresses. Default: 4,096. */
  compressFromBytes?: number;
  /** A coroutine whose snapshot is larger fails with PERMANENT_ERROR. Default: 16 MiB. */
  stateBytesMax?: number;
  /** Keys that encrypt snapshots with AES-256-GCM. Default: snapshots are not encrypted. */
  keys?: StateKeys;
}

export interface StateKeys {
  /** Id of the key that encrypts from now on. */
  readonly current: string;
  /** Keys of 32 bytes by id. Old keys stay here for as long as there is state under them. */
  readonly byId: Readonly<Record<string, Uint8Array>>;
}

export const stateDefaults = { compressFromBytes: 4_096, stateBytesMax: 16 * 1024 * 1024 } as const;

/** @throws PermanentError when the snapshot is too large */
export function sealState(snapshot: Uint8Array, options: StateOptions = {}): Any {
  const {
    compressFromBytes = stateDefaults.compressFromBytes,
    stateBytesMax = stateDefaults.stateBytesMax,
    keys,
  } = options;
  if (snapshot.length > stateBytesMax) {
    throw new PermanentError(
      `the state to save is ${snapshot.length} bytes, more than the ${stateBytesMax} allowed; ` +
        "keep large data elsewhere and hold a reference to it",
    );
  }
  const compressed = snapshot.length >= compressFromBytes ? zstdCompressSync(snapshot) : null;
  const content = compressed ?? snapshot;
  if (!keys) return envelope(compressed ? Codec.ZSTD : Codec.PLAIN, "", content);
  const codec = compressed ? Codec.ZSTD_AES_GCM : Codec.AES_GCM;
  return envelope(codec, keys.current, encrypt(content, keys));
}

function envelope(codec: Codec, keyId: string, snapshot: Uint8Array): Any {
  return anyOf(
    TYPE_URL,
    toBinary(CoroutineStateSchema, create(CoroutineStateSchema, { format: FORMAT, codec, keyId, snapshot })),
  );
}

/** @throws IncompatibleStateError when it is no state of this format, or cannot be decrypted */
export function openState(state: Any | Uint8Array | undefined, options: StateOptions = {}): Uint8Array {
  if (state === undefined || state instanceof Uint8Array || typeNameOf(state.typeUrl) !== TYPE_NAME) {
    return refuse("it was not written by this SDK");
  }
  const { stateBytesMax = stateDefaults.stateBytesMax, keys } = options;
  const { format, codec, keyId, snapshot } = parse(state.value);
  if (format !== FORMAT) return refuse(`its format is ${format}, known is ${FORMAT}`);
  switch (codec) {
    case Codec.PLAIN:
      return snapshot;
    case Codec.ZSTD:
      return decompress(snapshot, stateBytesMax);
    case Codec.AES_GCM:
      return decrypt(snapshot, keyId, keys);
    case Codec.ZSTD_AES_GCM:
      return decompress(decrypt(snapshot, keyId, keys), stateBytesMax);
    default:
      return refuse(`its codec ${codec} is not known`);
  }
}

function parse(bytes: Uint8Array) {
  try {
    return fromBinary(CoroutineStateSchema, bytes);
  } catch (cause) {
    return refuse("it is malformed", cause);
  }
}

function decompress(bytes: Uint8Array, bytesMax: number): Uint8Array {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    return refuse("it cannot be decompressed", cause);
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Nonce, authentication tag, ciphertext. */
function encrypt(content: Uint8Array, { current, byId }: StateKeys): Uint8Array {
  const key = byId[current];
  if (!key) throw new PermanentError(`there is no key '${current}' to encrypt the state with`);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

function decrypt(bytes: Uint8Array, keyId: string, keys: StateKeys | undefined): Uint8Array {
  const key = keys && Object.hasOwn(keys.byId, keyId) ? keys.byId[keyId] : undefined;
  if (!key) return refuse(`there is no key '${keyId}' to decrypt it with`);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    return refuse("it cannot be decrypted", cause);
  }
}

function refuse(why: string, cause?: unknown): never {
  throw new IncompatibleStateError(
    `the saved state cannot be read: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
