import type { Context } from './context.ts';

/** One flag of a verb or of berth itself. With `value` it takes one (its name in the help), otherwise it is on or off. */
export type FlagSpec = {
  readonly summary: string;
  readonly short?: string;
  readonly value?: string;
  /** May be given several times; the values are collected. */
  readonly repeat?: true;
  /** `--no-NAME` turns it off. */
  readonly negatable?: true;
};

/** Flags by their long name without dashes. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** What any flag may hold. */
export type AnyValue = string | boolean | readonly string[] | undefined;

type FlagValue<F extends FlagSpec> = [FlagSpec] extends [F]
  ? AnyValue
  : F extends { value: string; repeat: true }
    ? readonly string[]
    : F extends { value: string }
      ? string | undefined
      : F extends { negatable: true }
        ? boolean | undefined
        : boolean;

/** What a verb was given: its positional words, and every flag it declares. */
export type Input<F extends FlagSpecs = FlagSpecs> = {
  readonly words: readonly string[];
  readonly flags: { readonly [K in keyof F]: FlagValue<F[K]> };
};

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
