/** Names of modules in snapshots: the same on every machine, wherever the project lies. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/**
 * The path of a file from the root of its package, with slashes; files of packages in node_modules have the name of
 * the package before it.
 */
export function moduleIdOf(file: string): string {
  const root = packageRoot(dirname(file));
  const path = relative(root, file).split(sep).join("/");
  return root.includes(`${sep}node_modules${sep}`) ? `${packageName(root)}/${path}` : path;
}

const roots = new Map<string, string>();

/** The nearest directory with a package.json, else the working directory. */
function packageRoot(directory: string): string {
  let root = roots.get(directory);
  if (root === undefined) {
    const parent = dirname(directory);
    if (existsSync(join(directory, "package.json"))) root = directory;
    else root = parent === directory ? process.cwd() : packageRoot(parent);
    roots.set(directory, root);
  }
  return root;
}

function packageName(root: string): string {
  const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name?: string };
  return name ?? root.split(sep).at(-1)!;
}
