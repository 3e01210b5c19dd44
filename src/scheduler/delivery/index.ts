export { type BridgeOptions, type BridgeRequest, BridgeSessions } from "./bridge/sessions.ts";
export {
  type Destination,
  DestinationError,
  DestinationPolicy,
  type DestinationPolicyOptions,
  LOCAL_ENDPOINT,
} from "./destination.ts";
export { DrainableDelivery } from "./draining.ts";
export { HttpTransport, type HttpTransportOptions } from "./http.ts";
export { type FunctionRunner, LocalDelivery } from "./local.ts";
export { RoutedDelivery, type RoutedDeliveryOptions } from "./router.ts";
