/** Pages of calls: rows of the store with what memory knows of the live ones. */
import type { ListFilter, StoreSession } from "../store/index.ts";
import { type EndState, isEnd } from "./call/call.ts";
import type { Engine } from "./engine.ts";
import { SchedulerError } from "./errors.ts";
import type { CallSummary, ListRequest, ListResponse } from "./types.ts";
import { summaryOf } from "./views.ts";

const PAGE_SIZE = 100;
const PAGE_SIZE_MAX = 1000;
/** Looks into the store for one page; after that the page is given as it is, and the caller goes on. */
const LOOKS_MAX = 20;

/** Throws SchedulerError `invalid_argument`. */
export async function listCalls(
  request: ListRequest,
  session: Pick<StoreSession, "list">,
  engine: Engine,
): Promise<ListResponse> {
  const pageSize = request.pageSize ?? PAGE_SIZE;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
    throw invalid("page_size", `must be 1 to ${PAGE_SIZE_MAX}, is ${pageSize}`);
  }
  const filter = filterOf(request, engine);
  if (filter === undefined) return { calls: [], nextPageToken: undefined };
  const calls: CallSummary[] = [];
  let beforeId = request.pageToken === undefined ? undefined : idOf(request.pageToken, "page_token", engine);
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const page = await session.list({ ...filter, beforeId, limit: pageSize - calls.length });
    for (const { call, end } of page.calls) {
      const live = end === undefined ? engine.calls.peek(call.id) : undefined;
      const summary = summaryOf(call, end, live, engine.names);
      if (request.states === undefined || request.states.includes(summary.state)) calls.push(summary);
    }
    beforeId = page.nextBeforeId;
    if (beforeId === undefined || calls.length === pageSize) break;
  }
  return { calls, nextPageToken: beforeId === undefined ? undefined : engine.names.nameOf(beforeId) };
}

/** Undefined when nothing can match. */
function filterOf(request: ListRequest, engine: Engine): Omit<ListFilter, "limit" | "beforeId"> | undefined {
  const { states } = request;
  if (states?.length === 0) return undefined;
  return {
    function: request.function,
    live: states?.some((state) => !isEnd(state)),
    ends: states?.filter((state): state is EndState => isEnd(state)),
    parentId: request.parentId === undefined ? undefined : idOf(request.parentId, "parent_id", engine),
    rootId: request.rootId === undefined ? undefined : idOf(request.rootId, "root_id", engine),
    createdFromMs: request.createdFromMs,
    createdToMs: request.createdToMs,
  };
}

function idOf(name: string, field: string, engine: Engine): number {
  const id = engine.names.numberOf(name);
  if (id === undefined) throw invalid(field, "is no id of this service");
  return id;
}

function invalid(field: string, message: string): SchedulerError {
  return new SchedulerError("invalid_argument", `${field}: ${message}`, { field });
}
