import { parseExpressionAt } from "acorn";

/**
 * The first private member (`#balance`) that instances have by a class's source text, or undefined. Private members
 * are invisible from outside: an instance made without its constructor would lack them, and fail long after.
 */
export function privateMemberOf(source: string): string | undefined {
  if (!source.includes("#")) return undefined;
  let body: readonly Member[];
  try {
    const node = parseExpressionAt(source, 0, { ecmaVersion: "latest" }) as unknown as ClassNode;
    if (node.type !== "ClassExpression") return undefined;
    body = node.body.body;
  } catch {
    // Syntax newer than the parser: rather a superfluous refusal than an instance without its members.
    return /#[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(source)?.[0];
  }
  const member = body.find((each) => each.static !== true && each.key?.type === "PrivateIdentifier");
  return member === undefined ? undefined : `#${member.key?.name}`;
}

interface ClassNode {
  readonly type: string;
  readonly body: { readonly body: readonly Member[] };
}

interface Member {
  readonly static?: boolean;
  readonly key?: { readonly type: string; readonly name?: string };
}
