import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { BerthError } from '../errors/index.ts';
import { didYouMean } from '../kit/index.ts';
import type { Command } from './command.ts';
import type { AnyValue, FlagSpec, FlagSpecs, Input } from './flags.ts';
import { globalFlags, type GlobalInput } from './global-flags.ts';

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'help'; readonly topic: string | undefined }
  | { readonly kind: 'version'; readonly globals: GlobalInput }
  | { readonly kind: 'run'; readonly command: Command; readonly input: Input; readonly globals: GlobalInput };

type Values = Record<string, AnyValue>;

/** Reads a command line. Throws USAGE with the nearest known word for what it does not know. */
export function parse(argv: readonly string[], table: readonly Command[]): Invocation {
  const values: Values = {};
  const start = readFlags(argv, { flags: globalFlags, shorts: globalFlags, about: 'berth', stopAtWord: true }, values);
  if (isOn(values, 'version')) return { kind: 'version', globals: toGlobals(values) };
  const [first, ...rest] = start.rest;
  if (first === undefined) {
    if (isOn(values, 'help') || argv.length === 0) return { kind: 'help', topic: undefined };
    throw new BerthError('USAGE', 'No verb was given.', { hint: 'Run `berth help` to see them.' });
  }
  if (first === 'help') return { kind: 'help', topic: toTopic(rest, table) };
  if (isGroup(first, table) && (rest[0] === '--help' || rest[0] === '-h')) return { kind: 'help', topic: first };
  const { command, args } = findCommand(first, rest, table);
  const flags: FlagSpecs = { ...globalFlags, ...command.flags };
  const shorts: FlagSpecs = { help: globalFlags.help, ...command.flags };
  const isOwn = (name: string): boolean => isRedefined(command.flags, name);
  const given = only(values, (name) => !isOwn(name));
  const own = readFlags(args, { flags, shorts, about: `berth ${command.name}`, stopAtWord: command.passThrough === true }, given);
  if (isOn(given, 'help')) return { kind: 'help', topic: command.name };
  const words = command.passThrough === true ? dropSeparator(own.rest) : own.rest;
  checkWords(command, words);
  const globals = toGlobals({ ...only(given, (name) => !isOwn(name)), ...only(values, isOwn) });
  return { kind: 'run', command, input: { words, flags: withAbsent(command.flags, given) }, globals };
}

/** Whether a verb has a flag of its own under the name of a global one: `exec -e KEY=VALUE` is no environment of berth. */
function isRedefined(flags: FlagSpecs, name: string): boolean {
  const global = Object.entries<FlagSpec>(globalFlags).find(([each]) => each === name)?.[1];
  return Object.hasOwn(flags, name) && global !== undefined && flags[name]?.value !== global.value;
}

function only(values: Values, isWanted: (name: string) => boolean): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
}

type Reading = {
  readonly flags: FlagSpecs;
  /** The flags whose short form counts here. */
  readonly shorts: FlagSpecs;
  readonly about: string;
  readonly stopAtWord: boolean;
};

/** Reads flags into `values` and answers the words, or, with `stopAtWord`, everything from the first word on as it is. */
function readFlags(argv: readonly string[], reading: Reading, values: Values): { rest: readonly string[] } {
  const { tokens } = parseArgs({ args: [...argv], options: toOptions(reading), strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (reading.stopAtWord) return { rest: argv.slice(token.index) };
      words.push(token.value);
    }
    if (token.kind === 'option') keep(values, reading, token);
  }
  return { rest: words };
}

function toOptions({ flags, shorts }: Reading): ParseArgsOptionsConfig {
  const options: ParseArgsOptionsConfig = {};
  for (const [name, flag] of Object.entries(flags)) {
    const short = shorts[name]?.short;
    options[name] = { type: flag.value === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) };
    if (flag.negatable === true) options[`no-${name}`] = { type: 'boolean' };
  }
  return options;
}

type OptionToken = { readonly name: string; readonly rawName: string; readonly value?: string | undefined };

function keep(values: Values, reading: Reading, token: OptionToken): void {
  const known = lookUp(reading.flags, token.name);
  if (known === undefined || (token.rawName.startsWith('--') && token.name.length === 1)) throw unknownFlag(reading, token.rawName);
  const { name, flag, on } = known;
  if (flag.value === undefined) {
    if (token.value !== undefined) throw new BerthError('USAGE', `\`--${token.name}\` takes no value.`, helpHint(reading.about));
    values[name] = on;
    return;
  }
  if (token.value === undefined)
    throw new BerthError('USAGE', `\`${token.rawName}\` needs a value: ${flag.value}.`, helpHint(reading.about));
  const before = values[name];
  values[name] = flag.repeat === true ? [...(Array.isArray(before) ? (before as string[]) : []), token.value] : token.value;
}

function lookUp(flags: FlagSpecs, name: string): { name: string; flag: FlagSpec; on: boolean } | undefined {
  if (Object.hasOwn(flags, name) && flags[name] !== undefined) return { name, flag: flags[name], on: true };
  const positive = name.startsWith('no-') ? name.slice(3) : '';
  const flag = Object.hasOwn(flags, positive) ? flags[positive] : undefined;
  return flag?.negatable === true ? { name: positive, flag, on: false } : undefined;
}

function unknownFlag(reading: Reading, rawName: string): BerthError {
  const message = `\`${reading.about}\` has no flag \`${rawName}\`.`;
  const global = Object.values<FlagSpec>(globalFlags).find((flag) => `-${flag.short ?? ''}` === rawName);
  if (global !== undefined) {
    const verb = reading.about.slice('berth '.length);
    return new BerthError('USAGE', message, {
      hint: `\`${rawName}\` is a flag of berth itself and goes before the verb: \`berth ${rawName}${global.value === undefined ? '' : ` ${global.value}`} ${verb}\`.`,
    });
  }
  const near = didYouMean(
    rawName,
    Object.entries(reading.flags).flatMap(([name, flag]) => (flag.negatable === true ? [`--${name}`, `--no-${name}`] : [`--${name}`])),
  );
  return new BerthError('USAGE', message, near === undefined ? helpHint(reading.about) : { hint: near });
}

function findCommand(first: string, rest: readonly string[], table: readonly Command[]): { command: Command; args: readonly string[] } {
  const single = table.find((command) => command.name === first);
  if (single !== undefined) return { command: single, args: rest };
  const group = table.filter((command) => command.name.startsWith(`${first} `)).map((command) => command.name.slice(first.length + 1));
  if (group.length === 0) {
    const near = didYouMean(first, verbsOf(table));
    throw new BerthError('USAGE', `berth has no verb \`${first}\`.`, { hint: near ?? 'Run `berth help` to see the verbs.' });
  }
  const [second, ...args] = rest;
  const double = table.find((command) => command.name === `${first} ${second ?? ''}`);
  if (double !== undefined) return { command: double, args };
  const near = second === undefined ? undefined : didYouMean(second, group);
  throw new BerthError(
    'USAGE',
    second === undefined ? `\`berth ${first}\` needs one more word.` : `\`berth ${first}\` has no \`${second}\`.`,
    {
      hint: near ?? `It is one of: ${group.join(', ')}.`,
    },
  );
}

/** Whether a word is only the first of verbs of two words. */
function isGroup(word: string, table: readonly Command[]): boolean {
  return table.some((command) => command.name.startsWith(`${word} `)) && !table.some((command) => command.name === word);
}

function toTopic(words: readonly string[], table: readonly Command[]): string | undefined {
  const topic = words.filter((word) => !word.startsWith('-')).join(' ');
  if (topic === '') return undefined;
  if (topic === 'help' || table.some((command) => command.name === topic) || isGroup(topic, table)) return topic;
  const near = didYouMean(topic, verbsOf(table));
  throw new BerthError('USAGE', `berth has no verb \`${topic}\`.`, { hint: near ?? 'Run `berth help` to see the verbs.' });
}

/** Every word that may stand where a verb does. */
function verbsOf(table: readonly Command[]): string[] {
  return [...new Set([...table.map((command) => command.name.split(' ')[0] ?? ''), 'help'])];
}

function dropSeparator(words: readonly string[]): readonly string[] {
  return words[1] === '--' ? [...words.slice(0, 1), ...words.slice(2)] : words;
}

function checkWords(command: Command, words: readonly string[]): void {
  const { name, min, max } = command.words ?? { name: '', min: 0, max: 0 };
  if (words.length < min) throw new BerthError('USAGE', `\`berth ${command.name}\` needs ${name}.`, helpHint(`berth ${command.name}`));
  const extra = words[max];
  if (extra !== undefined)
    throw new BerthError('USAGE', `\`berth ${command.name}\` has no use for \`${extra}\`.`, helpHint(`berth ${command.name}`));
}

function helpHint(about: string): { hint: string } {
  return { hint: `Run \`${about === 'berth' ? 'berth help' : about.replace('berth ', 'berth help ')}\`.` };
}

/** The values of exactly the declared flags: what was not given is false, an empty list or undefined. */
function withAbsent(flags: FlagSpecs, values: Values): Record<string, AnyValue> {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, values[name] ?? absent(flag)]));
}

function absent(flag: FlagSpec): AnyValue {
  if (flag.repeat === true) return [];
  return flag.value === undefined && flag.negatable !== true ? false : undefined;
}

function toGlobals(values: Values): GlobalInput {
  // `withAbsent` gives each declared flag the type that FlagValue computes from its spec.
  return withAbsent(globalFlags, values) as unknown as GlobalInput;
}

function isOn(values: Values, name: string): boolean {
  return values[name] === true;
}
