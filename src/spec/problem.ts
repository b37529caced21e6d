import { BerthError, type ErrorCode } from '../errors/index.ts';
import { excerpt } from '../kit/index.ts';
import { lineText, positionOf, type Mark } from './text/source.ts';

/** One thing wrong (or worth saying) in the user's files, with its place; `line` and `column` count from 1. */
export type Problem = {
  readonly code: ErrorCode;
  /** The rule of `berth check` that it belongs to; what has none is of the rule for everything else. */
  readonly rule?: ProblemRule;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
  readonly sourceLine?: string;
};

/** Codes that name the whole failure when every problem has them; a mixture is FILE_INVALID. */
type ProblemCode = 'FILE_INVALID' | 'FILE_NOT_FOUND' | 'VARIABLE_REQUIRED' | 'STRICT';

/** Rules of `berth check` for what every load notices. */
type ProblemRule = 'unset-variable' | 'no-effect' | 'duplicate-port';

type Words = {
  readonly hint?: string | undefined;
  readonly code?: ProblemCode;
  readonly rule?: ProblemRule;
  /** What stands on the line must not be shown. */
  readonly secret?: true;
};

/** Makes a problem that points at a mark. */
export function problemAt(mark: Mark, message: string, words: Words = {}): Problem {
  const { line, column } = positionOf(mark);
  return {
    code: words.code ?? 'FILE_INVALID',
    ...(words.rule === undefined ? {} : { rule: words.rule }),
    file: mark.source.file,
    line,
    column,
    message: onOneLine(message),
    ...(words.hint === undefined ? {} : { hint: words.hint }),
    ...(words.secret === true ? {} : { sourceLine: lineText(mark.source, line) }),
  };
}

/** A message quotes values as they are; characters that would break the line are shown escaped. */
function onOneLine(message: string): string {
  return message.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** Collects everything wrong in one load, so that all of it is reported together. */
export class Problems {
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];

  error(mark: Mark, message: string, words: Words = {}): void {
    this.errors.push(problemAt(mark, message, words));
  }

  warn(mark: Mark, message: string, words: Words = {}): void {
    this.warnings.push(problemAt(mark, message, words));
  }

  /** Ends the load with one error that lists every problem, when there is any. */
  throwIfAny(): void {
    if (this.errors.length > 0) throw this.toError();
  }

  /** The one error that lists every problem so far. */
  toError(): BerthError {
    return toError(this.errors, this.warnings);
  }
}

/** Orders problems as a reader meets them: by file, line and column. Equal ones appear once. */
export function sortProblems<T extends Pick<Problem, 'file' | 'line' | 'column' | 'message'>>(problems: readonly T[]): T[] {
  const sorted = problems.toSorted(
    (a, b) =>
      compareText(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compareText(a.message, b.message),
  );
  return sorted.filter((p, i) => {
    const before = sorted[i - 1];
    return (
      before === undefined || before.file !== p.file || before.line !== p.line || before.column !== p.column || before.message !== p.message
    );
  });
}

/** The one error for a list of problems: `details.problems` holds all of them, sorted; `details.warnings` what was noticed besides. */
function toError(problems: readonly Problem[], warnings: readonly Problem[]): BerthError {
  const sorted = sortProblems(problems);
  const first = sorted[0];
  if (first === undefined) return new BerthError('INTERNAL', 'toError was called without problems');
  const code = sorted.every((p) => p.code === first.code) ? first.code : 'FILE_INVALID';
  const message =
    sorted.length === 1
      ? `${placeOf(first)}: ${first.message}`
      : `${String(sorted.length)} problems in the application file; the first: ${placeOf(first)}: ${first.message}`;
  return new BerthError(code, message, {
    where: {
      file: first.file,
      ...(first.line === undefined ? {} : { line: first.line }),
      ...(first.column === undefined ? {} : { column: first.column }),
    },
    ...(sorted.length === 1 && first.hint !== undefined ? { hint: first.hint } : {}),
    details: { problems: sorted, warnings: sortProblems(warnings) },
  });
}

/** A problem as text for people: its place and message, the source line with a caret, and the way out. */
export function formatProblem(problem: Problem): string {
  const lines = [`${placeOf(problem)}: ${problem.message}`];
  if (problem.sourceLine !== undefined && problem.line !== undefined && problem.sourceLine.trim() !== '') {
    const gutter = String(problem.line).padStart(5);
    const { text, indent } = excerpt(problem.sourceLine, problem.column);
    lines.push(`${gutter} | ${text}`, `${' '.repeat(gutter.length)} | ${' '.repeat(indent)}^`);
  }
  if (problem.hint !== undefined) lines.push(`      = ${problem.hint}`);
  return lines.join('\n');
}

function placeOf(problem: Problem): string {
  return [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
