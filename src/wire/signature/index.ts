export type { SignableRequest } from "./base.ts";
export { KeyFormatError, SignatureError } from "./error.ts";
export { parseSigningKey, parseVerificationKey } from "./keys.ts";
export { ReplayCache, type ReplayCacheOptions } from "./replay.ts";
export { type OutgoingRequest, RequestSigner, type SignerOptions } from "./sign.ts";
export { type ReplayCheck, RequestVerifier, type VerifierOptions } from "./verify.ts";
