import { down } from './down.ts';
import { tour } from './tour.ts';
import { fail } from './stage.ts';

/** `npm run quickstart`, once set-up is done. The last line is for machines as much as for people; after `--down` set-up prints it, which has the engine to stop. */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== '--down');
  try {
    if (unknown !== undefined) fail(`unknown argument ${unknown}; there is only --down`);
    if (args.includes('--down')) await down();
    else console.log(`quickstart: ok ${await tour()}`);
    return 0;
  } catch (error) {
    console.log(`quickstart: failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
