/** Where compiled modules import their runtime from, for loader hooks. */
export const runtimeUrl: string = new URL(`./runtime/index${import.meta.url.slice(-3)}`, import.meta.url)
  .href;
