import type { Colors } from "./context.ts";

/** Columns aligned by spaces; colours do not count. The last column is not padded. */
export function renderTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], paint: (cell: string, column: number) => string) =>
    cells
      .map((cell, column) => {
        const padding = column === cells.length - 1 ? "" : " ".repeat(widths[column]! - cell.length);
        return paint(cell, column) + padding;
      })
      .join("  ")
      .trimEnd();
  return [
    line(heads, (cell) => colors.dim(cell)),
    ...rows.map((row) => line(row, (cell, column) => (column === 0 ? colors.bold(cell) : cell))),
  ].join("\n");
}
