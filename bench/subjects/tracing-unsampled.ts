/** An SDK that samples nothing: what a service pays that traces one call in a thousand. */
import { installSdk } from "./tracing-sdk.ts";

installSdk("nothing");
