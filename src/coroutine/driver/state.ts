/** Snapshots as the typed state of a poll, and back: the envelope is the wire's. */
import { randomBytes } from "node:crypto";
import { IncompatibleStateError, PermanentError } from "../../sdk/index.ts";
import { EnvelopeError, type EnvelopeKeys, StateEnvelope } from "../../wire/graph/index.ts";
import { type Any, anyOf, typeNameOf, typeUrlOf } from "../../wire/values/types.ts";

export interface StateOptions {
  /** Snapshots larger than this are compressed. Infinity never compresses. Default: 2,048. */
  compressAboveBytes?: number;
  /** A function whose snapshot is larger fails with PERMANENT_ERROR. Default: 16 MiB. */
  stateBytesMax?: number;
  /**
   * Keys that states are sealed with; those under older keys still open. Default: a key of this process, so that no
   * other process resumes them.
   */
  keys?: EnvelopeKeys;
  /** Whether states are encrypted, and not only authenticated. Default: false. */
  encrypts?: boolean;
}

export const STATE_BYTES_MAX: number = 16 * 1024 * 1024;

/** The call whose state it is: no other one resumes it. */
export interface StateOwner {
  readonly function: string;
  readonly dispatchId: string;
}

const contextOf = (of: StateOwner) => JSON.stringify([of.function, of.dispatchId]);

let processKeys: EnvelopeKeys | undefined;

function keysOfThisProcess(): EnvelopeKeys {
  processKeys ??= { current: "process", keys: { process: randomBytes(32) } };
  return processKeys;
}

const TYPE_NAME = "dispatch.sdk.node.v1.CoroutineState";
const TYPE_URL = typeUrlOf(TYPE_NAME);

export class StateCodec {
  private readonly envelope: StateEnvelope;

  constructor({ stateBytesMax = STATE_BYTES_MAX, ...options }: StateOptions = {}) {
    this.envelope = new StateEnvelope({
      ...options,
      keys: options.keys ?? keysOfThisProcess(),
      bytesMax: stateBytesMax,
      randomBytes,
    });
  }

  /** @throws PermanentError when the snapshot is too large */
  seal(snapshot: Uint8Array, of: StateOwner): Any {
    try {
      return anyOf(TYPE_URL, this.envelope.seal(snapshot, contextOf(of)));
    } catch (cause) {
      if (!(cause instanceof EnvelopeError)) throw cause;
      throw new PermanentError(`the state cannot be saved: ${cause.message}`, { cause });
    }
  }

  /** @throws IncompatibleStateError when it is no state of ours, or was changed, or its key is not here */
  open(state: Any | Uint8Array | undefined, of: StateOwner): Uint8Array {
    if (state === undefined || state instanceof Uint8Array || typeNameOf(state.typeUrl) !== TYPE_NAME) {
      throw new IncompatibleStateError("the saved state was not written by this SDK");
    }
    try {
      return this.envelope.open(state.value, contextOf(of));
    } catch (cause) {
      if (!(cause instanceof EnvelopeError)) throw cause;
      throw new IncompatibleStateError(`the saved state cannot be read: ${cause.message}`, { cause });
    }
  }
}
