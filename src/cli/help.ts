import type { Command } from './command.ts';
import type { FlagSpec, FlagSpecs } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import { pad } from './style.ts';
import { commandGroups, commands } from './table.ts';

/** The help of berth, of a verb, or of the verbs that share a first word. */
export function helpText(topic: string | undefined): string {
  if (topic === undefined || topic === 'help') return overview();
  const command = commands.find((each) => each.name === topic);
  if (command !== undefined) return verbHelp(command);
  const group = commands.filter((each) => each.name.startsWith(`${topic} `));
  return ['Usage: ' + `berth ${topic} VERB`, '', ...rows(group.map((each) => [each.name, each.summary])), ''].join('\n');
}

/** How a verb is written: `berth [flags] scale SERVICE=N…`. */
export function usageOf(command: Command): string {
  const flags = Object.keys(command.flags).length === 0 ? '' : ' [flags]';
  const words = command.words === undefined ? '' : ` ${wordsOf(command.words)}`;
  return `berth ${command.name}${flags}${words}`;
}

/** A flag as it is typed: `-n, --tail N`. */
export function flagLabel(name: string, flag: FlagSpec): string {
  const long = flag.negatable === true ? `--${name}, --no-${name}` : `--${name}`;
  return `${flag.short === undefined ? '    ' : `-${flag.short}, `}${long}${flag.value === undefined ? '' : ` ${flag.value}`}`;
}

function wordsOf({ name, min, max }: { name: string; min: number; max: number }): string {
  const many = max > 1 && !name.includes(' ') ? `${name}…` : name;
  return min === 0 ? `[${many}]` : many;
}

function overview(): string {
  const parts = ['berth takes an application from source to a running, watched, reversible service.', '', 'Usage: berth [flags] VERB', ''];
  const width = Math.max(...commands.map((command) => command.name.length));
  for (const [title, group] of commandGroups)
    parts.push(
      `${title}:`,
      ...rows(
        group.map((each) => [each.name, each.summary]),
        width,
      ),
      '',
    );
  parts.splice(-1, 0, ...rows([['help', 'show a verb with examples: berth help up']], width));
  parts.push('Flags:', ...flagRows(globalFlags), '', 'Short flags of berth itself go before the verb: `berth -f a.yaml logs -f web`.');
  parts.push('`berth help VERB` shows a verb with examples.', '');
  return parts.join('\n');
}

function verbHelp(command: Command): string {
  const parts = [command.summary.slice(0, 1).toUpperCase() + command.summary.slice(1) + '.', ''];
  if (command.description !== undefined) parts.push(command.description, '');
  parts.push(`Usage: ${usageOf(command)}`, '');
  if (Object.keys(command.flags).length > 0) parts.push('Flags:', ...flagRows(command.flags), '');
  parts.push('Examples:', ...rows(command.examples.map(([line, what]) => [line, what])), '');
  return parts.join('\n');
}

function flagRows(flags: FlagSpecs): string[] {
  return rows(Object.entries(flags).map(([name, flag]) => [flagLabel(name, flag), flag.summary]));
}

function rows(pairs: readonly (readonly [string, string])[], width = Math.max(...pairs.map(([left]) => left.length))): string[] {
  return pairs.map(([left, right]) => `  ${pad(left, width)}  ${right}`.trimEnd());
}
