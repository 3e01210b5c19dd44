/**
 * What is kept must not keep a whole message in memory, or a batch of them: a copy, when the bytes are the smaller part
 * of the buffer that they are a view of. So what is kept takes at most twice its length, and little more when it is small.
 */
export function ownBytes<T extends Uint8Array | null | undefined>(bytes: T): T | Uint8Array {
  if (!bytes) return bytes;
  const { byteLength } = bytes.buffer;
  return byteLength <= SHARED_BYTES_MAX || bytes.length * 2 >= byteLength ? bytes : new Uint8Array(bytes);
}

/** A buffer this small is not worth a copy. */
const SHARED_BYTES_MAX = 1_024;
