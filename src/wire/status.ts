/** What the protocol says about `dispatch.sdk.v1.Status`: names, which are retried, which an HTTP status stands for. */
import { Status } from "./gen/dispatch/sdk/v1/status_pb.js";

export { Status };

/** Name of a status, without the `STATUS_` prefix of the protocol. */
export type StatusName = keyof typeof Status;

/** The name, e.g. `TEMPORARY_ERROR`. A number this version does not know is UNSPECIFIED: its run counts as failed. */
export function statusName(status: number): StatusName {
  return NAMES[status] ?? "UNSPECIFIED";
}

/** The status of a name, with or without the prefix `STATUS_`, or undefined when there is no such status. */
export function statusOfName(name: string): Status | undefined {
  const index = NAMES.indexOf(name.replace(/^STATUS_/, "") as StatusName);
  return index < 0 ? undefined : index;
}

/** Whether a run that ended so is run again by the scheduler. All other failures end the call. */
export function isRetried(status: number): boolean {
  switch (status) {
    case Status.TIMEOUT:
    case Status.THROTTLED:
    case Status.TEMPORARY_ERROR:
    case Status.INCOMPATIBLE_STATE:
    case Status.DNS_ERROR:
    case Status.TCP_ERROR:
    case Status.TLS_ERROR:
    case Status.HTTP_ERROR:
      return true;
    default:
      return false;
  }
}

/** Whether the run after this one starts from the call's first input: its state was written by other code. */
export function isRetriedFromInput(status: number): boolean {
  return status === Status.INCOMPATIBLE_STATE;
}

/** The status an HTTP answer stands for. What is no HTTP status at all (0, 700, NaN) is PERMANENT_ERROR. */
export function statusOfHttp(httpStatus: number): Status {
  switch (httpStatus) {
    case 400:
      return Status.INVALID_ARGUMENT;
    case 401:
      return Status.UNAUTHENTICATED;
    case 403:
      return Status.PERMISSION_DENIED;
    case 404:
      return Status.NOT_FOUND;
    case 408:
      return Status.TIMEOUT;
    case 429:
      return Status.THROTTLED;
    case 501:
      return Status.PERMANENT_ERROR;
    default:
      if (httpStatus >= 200 && httpStatus < 300) return Status.OK;
      return httpStatus >= 500 && httpStatus < 600 ? Status.TEMPORARY_ERROR : Status.PERMANENT_ERROR;
  }
}

/** Indexed by number; the numbers of the protocol have no gaps. */
const NAMES: readonly StatusName[] = Object.keys(Status).filter((key): key is StatusName =>
  Number.isNaN(Number(key)),
);
