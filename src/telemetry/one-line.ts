/** What came from outside must not forge lines of the log: at most 500 characters of it, on one line. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, 500);
}
