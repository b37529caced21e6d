import type { Context } from './context.ts';
import type { FlagSpecs, Input } from './flags.ts';

/** The positional words of a verb: `[SERVICE…]` is `{ name: 'SERVICE', min: 0, max: Infinity }`. */
export type Words = { readonly name: string; readonly min: number; readonly max: number };

/** A verb as data, and what it does. `run` answers the exit code. */
export type Command<F extends FlagSpecs = FlagSpecs> = {
  /** `up`, or `server status` for a verb of two words. */
  readonly name: string;
  readonly summary: string;
  /** What the help says beside the summary; one paragraph. */
  readonly description?: string;
  readonly words?: Words;
  /** Everything after the first positional word belongs to a command that berth runs: `exec web ls -l`. */
  readonly passThrough?: true;
  readonly flags: F;
  readonly examples: readonly (readonly [line: string, what: string])[];
  // A method, so that a command with known flags is also a Command of any flags: the parser gives it exactly its own.
  run(context: Context, input: Input<F>): Promise<number>;
};

/** Keeps the types of a command's flags for its `run`. */
export function defineCommand<const F extends FlagSpecs>(command: Command<F>): Command<F> {
  return command;
}
