import { storeConformance } from "../conformance/suite.ts";
import { setup } from "./sqlite.test-support.ts";

storeConformance("sqlite", () => setup());
storeConformance("sqlite with every payload apart", () => setup({ inlineBytesMax: 0 }));
