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
