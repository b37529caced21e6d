import { resolve } from 'node:path';
import type { GlobalInput } from './global-flags.ts';
import { styleFor, type Style } from './style.ts';
import type { World } from './world.ts';

/** What every verb has at hand: the world, the global flags, and the two ways to speak. */
export type Context = {
  readonly world: World;
  readonly globals: GlobalInput;
  /** The directory that the command works in (`-C`). */
  readonly directory: string;
  /** Colours of stdout and of stderr: one may be a terminal and the other not. */
  readonly out: Style;
  readonly err: Style;
  /** A line of the result, on stdout. */
  print(text: string): void;
  /** The result as JSON, on stdout. */
  printJson(value: unknown): void;
  /** A line about what goes on, on stderr; silent with `-q`. */
  say(text: string): void;
};

/** Binds the world to the flags of one command line. */
export function createContext(world: World, globals: GlobalInput): Context {
  const noColor = globals['no-color'];
  return {
    world,
    globals,
    directory: globals.directory === undefined ? world.directory : resolve(world.directory, globals.directory),
    out: styleFor(world.stdout, world.env, noColor),
    err: styleFor(world.stderr, world.env, noColor),
    print: (text) => world.stdout.write(`${text}\n`),
    printJson: (value) => world.stdout.write(`${JSON.stringify(value)}\n`),
    say(text) {
      if (!globals.quiet) world.stderr.write(`${text}\n`);
    },
  };
}

/** The width for tables on stdout; a pipe has none, and gets everything. */
export function terminalWidth({ world }: Context): number | undefined {
  return world.stdout.isTTY ? world.stdout.columns : undefined;
}
