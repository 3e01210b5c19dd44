/**
 * The instructions of a state machine: the body of a resumable function with every suspension point at the top,
 * jumps instead of nesting, and natively nested statements where nothing can suspend.
 */
import type { Expression, Literal, Statement } from "acorn";
import type { Node } from "../ast.ts";

/** A place to jump to. Becomes a case of the step function's switch if something jumps there. */
export class Label {
  number = 0;
  used = false;
  /** Locals that every way to this place assigns right before it: nobody needs their earlier values. */
  assigned: readonly string[] = [];
  /** Literals in generated code that hold the number, filled in once it is known. */
  readonly references: Literal[] = [];
}

interface Common {
  /** Where an error thrown by the instruction goes; null leaves the function. */
  handler: Label | null;
  /** The statement of the source that begins with it: a breakpoint on that line stops here. */
  begins: Node | null;
}

/** How a generator is left when its user calls `return()` at a yield. */
export interface YieldReturn {
  readonly statements: Statement[];
  readonly targets: readonly Label[];
}

export interface Suspension extends Common {
  op: "await" | "yield" | "start";
  argument: Expression;
  /** Local that receives the result; null when nothing does. */
  result: string | null;
  /**
   * For `yield*`: local that receives how the generator was resumed (0 next, 1 throw, 2 return) instead of acting
   * on it.
   */
  mode: string | null;
  onReturn: YieldReturn | null;
  source: Node | null;
  /** Case number where it resumes. */
  point: number;
  /** Variables saved across it, filled in by the liveness analysis. */
  live: string[];
}

export type Instruction =
  | (Common & { op: "statement"; statement: Statement; targets: readonly Label[] })
  | (Common & { op: "set"; name: string; value: Expression; source: Node | null })
  | (Common & { op: "label"; label: Label })
  | (Common & { op: "jump"; label: Label })
  | (Common & { op: "branch"; test: Expression; label: Label; source: Node | null })
  /** Control never passes to the next instruction. */
  | (Common & { op: "leave"; statement: Statement; targets: readonly Label[] })
  | Suspension;

/** What encloses the current instruction and is crossed by break, continue and return. */
export type Control =
  | {
      readonly type: "loop" | "switch" | "block";
      readonly labels: readonly string[];
      readonly breakTo: Label | null;
      readonly continueTo: Label | null;
      /** Inside natively nested code: a jump to it stays as it is. */
      readonly native: boolean;
    }
  /** A for-of in flight, closed when it is left early. */
  | { readonly type: "iterator"; readonly name: string }
  | FinallyControl;

export interface FinallyControl {
  readonly type: "finally";
  /** Ways out that pass through the finally block: each has a number that is dispatched on after it. */
  readonly exits: Map<Label | "return", { readonly number: number; readonly leaving: Leaving }>;
  /** Local that holds why the block was entered: 0 normally, 1 by an error, more by an exit. */
  readonly reason: string;
  /** Local that holds the error or the value to return. */
  readonly value: string;
  readonly label: Label;
}

export type Leaving =
  | { readonly kind: "return"; readonly value?: Expression }
  | { readonly kind: "jump"; readonly depth: number; readonly label: Label };
