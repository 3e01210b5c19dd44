/** An SDK that samples everything, gathers it in batches as an exporter needs it, and drops them. */
import { installSdk } from "./tracing-sdk.ts";

installSdk("everything");
