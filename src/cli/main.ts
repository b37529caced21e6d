import { toBerthError } from '../errors/index.ts';
import { createContext } from './context.ts';
import type { GlobalInput } from './global-flags.ts';
import { helpText } from './help.ts';
import { parse } from './parse.ts';
import { commands } from './table.ts';
import type { World } from './world.ts';

/** Runs one command line in a world, and answers the exit code. Never throws. */
export async function main(argv: readonly string[], world: World): Promise<number> {
  let globals: Partial<GlobalInput> = { json: argv.includes('--json') };
  try {
    const invocation = parse(argv, commands);
    if (invocation.kind === 'help') {
      world.stdout.write(helpText(invocation.topic));
      return 0;
    }
    globals = invocation.globals;
    if (invocation.kind === 'version') {
      world.stdout.write(`berth ${world.version}\n`);
      return 0;
    }
    return await invocation.command.run(createContext(world, invocation.globals), invocation.input);
  } catch (thrown) {
    const { reportError } = await import('./render/error.ts');
    return reportError(world, globals, toBerthError(thrown));
  }
}
