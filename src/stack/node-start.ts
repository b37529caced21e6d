import type { FileTree } from '../ports/index.ts';
import type { PackageJson } from './package-json.ts';
import { parsePlainCommand, splitSequence } from './shell-words.ts';

/** How an application is started, so that signals reach the server itself. */
export type Start = {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly why: string;
  readonly warnings: readonly string[];
  /** True when the start itself needs a package that is listed as a development one. */
  readonly needsDevelopment: boolean;
  /** Source file that starts the server, if it is plain. */
  readonly entry?: string | undefined;
};

/** Programs that restart a server on changes; in an image plain Node does what is left. */
const watchers = new Set(['nodemon', 'node-dev', 'supervisor']);

/** Finds the start command: `Procfile`, `scripts.start`, `main`, then the usual file names. */
export async function findNodeStart(tree: FileTree, manifest: PackageJson): Promise<Start | undefined> {
  const web = /^web:\s*(.+)$/m.exec((await tree.read('Procfile')) ?? '')?.[1]?.trim();
  if (web !== undefined) return expand(web, `Procfile: web is "${web}"`, manifest);
  const script = manifest.scripts['start'];
  if (script !== undefined && script.trim() !== '') {
    return expand('npm start', `package.json: scripts.start is "${script}"`, manifest);
  }
  const main = manifest.main;
  if (main !== undefined && (await tree.read(main)) !== undefined) return plain(main, `package.json: main is "${main}"`);
  for (const file of ['server.js', 'index.js', 'app.js', 'server.mjs', 'index.mjs', 'src/index.js', 'src/server.js']) {
    if ((await tree.read(file)) !== undefined) return plain(file, `${file} is there`);
  }
  return undefined;
}

function plain(entry: string, why: string): Start {
  return { command: ['node', entry], environment: {}, why, warnings: [], needsDevelopment: false, entry };
}

function expand(line: string, why: string, manifest: PackageJson): Start {
  const { script, environment } = resolveScript(line, manifest, []);
  const parsed = parsePlainCommand(script);
  if (parsed === undefined || parsed.words.length === 0) return shellStart({ script, environment, why }, manifest);
  const program = parsed.words[0] ?? '';
  const watched = watchers.has(program);
  const words = toImageWords(parsed.words, manifest);
  const needsDevelopment = !watched && isDevelopmentOnly(program, manifest);
  const warnings = [
    ...(watched ? [`The start command runs under ${program}, which restarts on changes; the image runs plain node.`] : []),
    ...(needsDevelopment ? [developmentWarning(program)] : []),
  ];
  const entry = words[0] === 'node' ? words.slice(1).find((word) => !word.startsWith('-')) : undefined;
  return { command: words, environment: { ...environment, ...parsed.environment }, why, warnings, needsDevelopment, entry };
}

/** Plain node in the place of what watches files, and the full path of what a package brings. */
function toImageWords(words: readonly string[], manifest: PackageJson): string[] {
  const [program = '', ...rest] = words;
  if (watchers.has(program) || program === 'node') return ['node', ...rest.filter((word) => !/^--watch(?:$|=|-)/.test(word))];
  return [!program.includes('/') && isPackageBinary(program, manifest) ? `/app/node_modules/.bin/${program}` : program, ...rest];
}

type Resolved = { readonly script: string; readonly environment: Readonly<Record<string, string>> };

/** Follows `npm start`, `npm run NAME`, `npx` and `cross-env` to the command that they end in. */
function resolveScript(line: string, manifest: PackageJson, seen: readonly string[]): Resolved {
  const parsed = parsePlainCommand(line);
  if (parsed === undefined) return { script: resolveLast(line, manifest, seen), environment: {} };
  const words = parsed.words[0] === 'npx' ? parsed.words.slice(1) : parsed.words;
  if (words[0] === 'cross-env') {
    const inner = resolveScript(join(words.slice(1)), manifest, seen);
    return { script: inner.script, environment: { ...parsed.environment, ...inner.environment } };
  }
  const name = scriptName(words);
  const whole = name === undefined || seen.includes(name) ? undefined : scriptLine(name, words, manifest);
  if (name === undefined || whole === undefined) return { script: join([...assignments(parsed.environment), ...words]), environment: {} };
  const inner = resolveScript(whole, manifest, [...seen, name]);
  return { script: inner.script, environment: { ...parsed.environment, ...inner.environment } };
}

/** In `a && npm run b` the last command is the server, so it is followed too. */
function resolveLast(line: string, manifest: PackageJson, seen: readonly string[]): string {
  const sequence = splitSequence(line);
  const last = sequence?.parts.at(-1) ?? '';
  if (sequence === undefined || sequence.parts.length < 2 || parsePlainCommand(last) === undefined) return line;
  const { script, environment } = resolveScript(last, manifest, seen);
  const parts = [
    ...sequence.parts.slice(0, -1),
    Object.keys(environment).length === 0 ? script : `${join(assignments(environment))} ${script}`,
  ];
  return parts.map((part, index) => part + (sequence.operators[index] === undefined ? '' : ` ${sequence.operators[index]} `)).join('');
}

/** The script that `npm run NAME` or `npm start` names. */
function scriptName(words: readonly string[]): string | undefined {
  const [program = '', verb, name] = words;
  if (!/^(?:npm|yarn|pnpm)$/.test(program)) return undefined;
  if (verb === 'run' || verb === 'run-script') return name;
  return verb === 'start' ? 'start' : undefined;
}

/** A script as npm runs it: with what comes before it and the arguments after `--`. */
function scriptLine(name: string, words: readonly string[], manifest: PackageJson): string | undefined {
  const script = manifest.scripts[name];
  if (script === undefined) return undefined;
  const before = manifest.scripts[`pre${name}`];
  const extra = words.slice(words.indexOf(name) + 1).filter((word, index) => !(index === 0 && word === '--'));
  return [before === undefined || isBuild(before) ? '' : `${before} && `, script, ...extra.map((word) => ` ${quoteWord(word)}`)].join('');
}

/** Whether a `prestart` builds; it then runs while the image is made, not at every start. */
export function isBuild(script: string): boolean {
  return /\b(?:build|tsc|webpack|rollup|esbuild|vite)\b/.test(script);
}

function shellStart(input: Resolved & { readonly why: string }, manifest: PackageJson): Start {
  const sequence = splitSequence(input.script);
  const programs = (sequence?.parts ?? [input.script]).map((part) => part.replace(/^(?:\w+=\S*\s+)+/, '').split(/\s/)[0] ?? '');
  const development = programs.filter((program) => isDevelopmentOnly(program, manifest));
  const warnings = development.map(developmentWarning);
  if (sequence === undefined) {
    warnings.push(`The start command "${input.script}" needs a shell, so SIGTERM may not reach the server; write one plain command.`);
  }
  const script = sequence === undefined ? input.script : execLast(sequence);
  return {
    command: ['/bin/sh', '-c', script],
    environment: { ...input.environment, PATH: '/app/node_modules/.bin:$PATH' },
    why: input.why,
    warnings,
    needsDevelopment: development.length > 0,
  };
}

/** Puts `exec` before the last command, so that the server takes the shell's place and gets its signals. */
function execLast(sequence: { readonly parts: readonly string[]; readonly operators: readonly string[] }): string {
  return sequence.parts
    .map((part, index) => {
      const operator = sequence.operators[index];
      if (operator !== undefined) return `${part}${operator === ';' ? '; ' : ' && '}`;
      const assigned = /^((?:[A-Za-z_]\w*=(?:'[^']*'|"[^"]*"|[^\s'"])*\s+)+)(.*)$/.exec(part);
      if (part.startsWith('exec ')) return part;
      return assigned === null ? `exec ${part}` : `export ${assigned[1]?.trim()}; exec ${assigned[2]}`;
    })
    .join('');
}

function developmentWarning(program: string): string {
  return `The start command needs "${program}", a development dependency, so the image keeps those; move it to dependencies.`;
}

function isPackageBinary(program: string, manifest: PackageJson): boolean {
  if (/^(?:sh|bash|env|npm|npx|deno|bun|python3?)$/.test(program)) return false;
  return packageOf(program, { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }) !== undefined;
}

function isDevelopmentOnly(program: string, manifest: PackageJson): boolean {
  return (
    packageOf(program, { ...manifest.dependencies, ...manifest.optionalDependencies }) === undefined &&
    packageOf(program, manifest.devDependencies) !== undefined
  );
}

/** The package that most likely brings a program: of its name, or one of the few that are called otherwise. */
function packageOf(program: string, packages: Readonly<Record<string, string>>): string | undefined {
  const others: Readonly<Record<string, string>> = {
    tsc: 'typescript',
    nest: '@nestjs/cli',
    'react-router-serve': '@react-router/serve',
    'remix-serve': '@remix-run/serve',
    sls: 'serverless',
    ng: '@angular/cli',
  };
  return [program, others[program]].find((name) => name !== undefined && packages[name] !== undefined);
}

function assignments(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`);
}

function join(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
