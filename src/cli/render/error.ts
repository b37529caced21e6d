import { BerthError } from '../../errors/index.ts';
import { excerpt } from '../../kit/index.ts';
import type { GlobalInput } from '../global-flags.ts';
import { stripControls, styleFor, type Style } from '../style.ts';
import type { World } from '../world.ts';

/** Says what went wrong where it is read (stdout for `--json`, else stderr), and answers the exit code. */
export function reportError(world: World, globals: Partial<GlobalInput>, error: BerthError): number {
  if (globals.json === true) world.stdout.write(`${JSON.stringify({ error })}\n`);
  else world.stderr.write(`${errorText(error, styleFor(world.stderr, world.env, globals['no-color'] === true))}\n`);
  if (globals.verbose === true) world.stderr.write(`${stacksOf(error)}\n`);
  return error.exitCode;
}

/** An error for people: each problem with its place and source line, or the message; then the last lines and the hint. */
export function errorText(error: BerthError, style: Style): string {
  const problems = problemsOf(error);
  const [only] = problems;
  const lines: string[] = [];
  if (only === undefined) lines.push(`${style.red('error:')} ${placed(error)}`);
  else if (problems.length === 1) lines.push(`${style.red('error:')} ${problemText(only, style)}`);
  else {
    lines.push(`${style.red('error:')} ${String(problems.length)} problems in the application file, nothing was changed`);
    for (const problem of problems) lines.push('', problemText(problem, style));
  }
  for (const line of linesOf(error)) lines.push(`  ${style.dim('|')} ${stripControls(line)}`);
  const hint = error.code === 'INTERNAL' ? (error.hint ?? bugHint) : error.hint;
  // One problem's own hint is already beside it.
  if (hint !== undefined && (only === undefined || only.hint !== hint)) lines.push(`${style.cyan('hint:')} ${hint}`);
  return lines.join('\n');
}

const bugHint = 'This is a bug of berth: run the command again with `-v`, and report what it prints.';

/** One thing wrong in a file, as the loader reports it in `details.problems`. */
type Problem = {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
  readonly sourceLine?: string;
};

/** A problem with its place, its source line and a caret below what is wrong. */
export function problemText(problem: Problem, style: Style): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const lines = [`${style.bold(place)}: ${problem.message}`];
  lines.push(...sourceText(problem, { gutter: 5, style, caret: style.red }));
  if (problem.hint !== undefined) lines.push(`  ${style.cyan('hint:')} ${problem.hint}`);
  return lines.join('\n');
}

/** The source line of a place with a caret below its column; nothing where there is none. `gutter`: how wide its number is at least. */
export function sourceText(
  { line, column, sourceLine }: Pick<Problem, 'line' | 'column' | 'sourceLine'>,
  { gutter, style, caret }: { readonly gutter: number; readonly style: Style; readonly caret: (text: string) => string },
): string[] {
  if (line === undefined || sourceLine === undefined || sourceLine.trim() === '') return [];
  const { text, indent } = excerpt(sourceLine, column);
  const number = String(line).padStart(gutter);
  return [
    `${style.dim(`${number} |`)} ${stripControls(text)}`,
    `${style.dim(`${' '.repeat(number.length)} |`)} ${' '.repeat(indent)}${caret('^')}`,
  ];
}

function problemsOf(error: BerthError): readonly Problem[] {
  const { problems } = error.details;
  return Array.isArray(problems) ? problems.filter(isProblem) : [];
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'file' in value && 'message' in value;
}

/** The last lines of what failed (a build, a tool), as adapters put them in `details.lines`. */
function linesOf(error: BerthError): readonly string[] {
  const { lines } = error.details;
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : [];
}

function placed({ message, where }: BerthError): string {
  if (where === undefined) return message;
  const place = [where.file, where.line, where.column].filter((part) => part !== undefined).join(':');
  return message.startsWith(place) ? message : `${place}: ${message}`;
}

function stacksOf(error: BerthError): string {
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) stacks.push(at.stack ?? at.message);
  return `${error.code}\n${stacks.join('\ncaused by: ')}`;
}
