/** docs/reference/command.md, from the help of the command itself. */
import { tmpdir } from "node:os";
import pc from "picocolors";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { runCommand } from "../../src/cli/main.ts";

export async function commandReference(): Promise<string> {
  const program = await help([]);
  const sections = [];
  for (const path of await commandPaths(program)) {
    sections.push(`## dispatch ${path.join(" ")}\n\n${fenced(await help(path))}`);
  }
  return `${HEAD}\n${fenced(program)}\n${sections.join("\n")}`;
}

const HEAD = `# The \`dispatch\` command

<!-- Made from the command's own help by \`npm run reference\`. -->

In a project that depends on \`dispatch-ts\`, \`npx dispatch …\`; in a clone of this repository,
\`npm run -s dispatch -- …\`.

Results go to standard output, all else to standard error. Colours appear on a terminal only, and not when \`NO_COLOR\` is
set. Errors are one line that says what is wrong and one that says what to do; \`--verbose\` adds stacks.

## Exit codes

| code | meaning |
|---|---|
| ${EXIT.ok} | done; for \`call\` and \`calls wait\`: the function returned |
| ${EXIT.failed} | the call failed, or the service could not start |
| ${EXIT.usage} | the command line or the configuration is wrong |
| ${EXIT.unreachable} | no service answers at the URL |
| 128 + n | \`serve\` was ended by a second signal n, or \`call\` by the first while it waited: 130 for SIGINT, 143 for SIGTERM |

## dispatch
`;

const fenced = (text: string) => `\`\`\`text\n${text}\n\`\`\`\n`;

/** Every command below the program, parents first; a command lists its own in its help. */
async function commandPaths(programHelp: string): Promise<string[][]> {
  const paths: string[][] = [];
  for (const name of listed(programHelp)) {
    paths.push([name]);
    for (const child of listed(await help([name]))) paths.push([name, child]);
  }
  return paths;
}

function listed(text: string): string[] {
  const block = /^Commands:\n((?: {2}.*\n?)+)/m.exec(text)?.[1] ?? "";
  return [...block.matchAll(/^ {2}(\w[\w-]*)/gm)].map((match) => match[1]!).filter((name) => name !== "help");
}

async function help(path: readonly string[]): Promise<string> {
  const out: string[] = [];
  await runCommand([...path, "--help"], {
    env: {},
    cwd: tmpdir(),
    out: (text) => out.push(text),
    err: (text) => out.push(text),
    colors: pc.createColors(false),
    helpWidth: 110,
  });
  return out.join("\n").replaceAll(/[ \t]+$/gm, "");
}
