/** The name of a variable in the source: compiled names may have a number, and the compiler's own start with $$. */
export function variableLabel(name: string): string {
  if (name === "$$this") return "this";
  if (name === "$$args") return "arguments";
  if (name.startsWith("$$using")) return "using";
  if (name.startsWith("$$e")) return "(captured)";
  if (name.startsWith("$$it")) return "(iterator)";
  if (name.startsWith("$$")) return "(temporary)";
  return name.replace(/\$\d+$/, "");
}
