import type { Command } from './command.ts';
import type { FlagSpecs } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import { flagLabel, usageOf } from './help.ts';
import { commandGroups } from './table.ts';

/** What the exit codes mean (DESIGN §8); the catalogue of errors gives each code one of them. */
const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'it worked'],
  [1, 'it failed, and the old release still serves (or, with a first release, nothing did)'],
  [2, 'the command line, a file or the machine is not as it must be; nothing was changed'],
  [3, 'it failed, and the app is NOT back in a good state; the message says what to do'],
  [4, 'another rollout of the app is running'],
  [5, 'the engine or the server cannot be reached'],
  [130, 'cancelled'],
];

/** The page `docs/reference/cli.md`, made from the command table. */
export function generateCliReference(): string {
  const lines = [
    '# Command line',
    '',
    'Made from the command table (`src/cli/table.ts`) by `npm run generate`.',
    '',
    'The result goes to stdout, progress and errors to stderr. `exec` and `run` end with the exit code of their command.',
    '',
    '## Flags of every verb',
    '',
    'Their short forms count only before the verb: `berth -f a.yaml logs -f web`.',
    '',
    ...flagTable(globalFlags),
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---|---|',
    ...exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
  ];
  for (const [title, group] of commandGroups) lines.push(`## ${title}`, '', ...group.flatMap(section));
  return `${lines.join('\n').trimEnd()}\n`;
}

function section(command: Command): string[] {
  const description = command.description === undefined ? [] : [command.description, ''];
  return [
    `### berth ${command.name}`,
    '',
    `${command.summary.slice(0, 1).toUpperCase()}${command.summary.slice(1)}.`,
    '',
    ...description,
    `    ${usageOf(command)}`,
    '',
    ...flagTable(command.flags),
    'Examples:',
    '',
    ...command.examples.map(([line, what]) => `- \`${line}\`: ${what}`),
    '',
  ];
}

function flagTable(flags: FlagSpecs): string[] {
  const rows = Object.entries(flags).map(
    ([name, flag]) => `| \`${flagLabel(name, flag).trim()}\` | ${flag.summary.replaceAll('|', '\\|')} |`,
  );
  return rows.length === 0 ? [] : ['| flag | meaning |', '|---|---|', ...rows, ''];
}
