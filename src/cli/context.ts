/** What a command touches of the world: passed in, so that tests run commands without a process. */

export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What the command is for: results. */
  out(text: string): void;
  /** All else: progress, errors. */
  err(text: string): void;
  readonly colors: Colors;
  /** Columns that help is set in. Default: those of the terminal. */
  readonly helpWidth?: number;
}

export interface Colors {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Options every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly verbose?: boolean;
}
