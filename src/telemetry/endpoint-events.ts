/** What the endpoint and the service tell. */

/** Why a request did not reach a function. A closed list: it is a label. */
export type RejectionReason =
  | "invalid"
  | "too-large"
  | "not-found"
  | "unauthenticated"
  | "permission-denied"
  | "queue-full"
  | "draining"
  | "malformed-http"
  | "connections-full"
  | "internal";

export interface RequestReceived {
  readonly type: "request-received";
  readonly bytes: number;
}

export interface RequestRejected {
  readonly type: "request-rejected";
  readonly reason: RejectionReason;
  readonly message: string;
}

export interface ServiceReady {
  readonly type: "service-ready";
  readonly url: string;
  /** Where the live page is; undefined where there is none. */
  readonly liveUrl?: string | undefined;
  readonly functions: readonly string[];
  readonly threads: number;
}

export interface ServiceStopping {
  readonly type: "service-stopping";
  readonly why: string;
}

export interface ServiceStopped {
  readonly type: "service-stopped";
}

/** Something a person should know that is no event of its own. */
export interface Notice {
  readonly type: "notice";
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  /** The function it is about. */
  readonly function?: string;
  /** The call it is about. */
  readonly dispatchId?: string;
}

export type EndpointEvent =
  | RequestReceived
  | RequestRejected
  | ServiceReady
  | ServiceStopping
  | ServiceStopped
  | Notice;
