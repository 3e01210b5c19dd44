export {
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  RUN_PATH,
  type RunFunction,
} from "./endpoint.ts";
export type { RequestVerifier } from "./verification.ts";
