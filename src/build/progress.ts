import type { BuildProgress } from '../ports/index.ts';

/** What a failed build is explained by. */
const keptLines = 20;
// oxlint-disable-next-line no-control-regex -- colours and cursor movements of the programs that a build runs
const escapes = /\u001B\[[0-9;?]*[A-Za-z]/g;

/** Reads BuildKit's plain progress line by line: what runs now, how far it is, and the last lines of each step. */
export class ProgressReader {
  readonly #onProgress: (progress: BuildProgress) => void;
  /** Steps of each stage as BuildKit announces them: `[build 3/5]`. */
  readonly #totals = new Map<string, number>();
  readonly #titles = new Map<string, string>();
  readonly #outputs = new Map<string, string[]>();
  readonly #done = new Set<string>();
  /** Steps of the Dockerfile, as against what BuildKit does by itself. */
  readonly #counted = new Set<string>();
  readonly #other: string[] = [];
  #failed: string | undefined;

  constructor(onProgress: (progress: BuildProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** Takes one line of the build tool. */
  read(line: string): void {
    const match = /^#(\d+) (.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) {
      if (line.trim() !== '') keep(this.#other, line);
      return;
    }
    this.#step(match[1], match[2]);
  }

  /** Why the build failed, in one line: the step and its exit code, or what the build tool said. */
  reason(): string {
    const said =
      this.#other.filter((line) => !/^(?:-{3,}|\s*>|\s*\d+ \||Dockerfile:\d+$)/.test(line)).at(-1) ?? 'the build tool said nothing';
    const title = this.#failed === undefined ? undefined : this.#titles.get(this.#failed);
    const exitCode = /exit code: (\d+)$/.exec(said)?.[1];
    return title === undefined || exitCode === undefined
      ? said.replace(/^ERROR: /, '')
      : `${plainTitle(title)} ended with exit code ${exitCode}`;
  }

  /** The instruction of the Dockerfile that failed, where it was one. */
  failedStep(): string | undefined {
    const title = this.#failed === undefined || !this.#counted.has(this.#failed) ? undefined : this.#titles.get(this.#failed);
    return title?.replace(/^\[[^\]]*\] /, '');
  }

  /** The last lines of the step that failed, or the last of the build tool itself. */
  lastLines(): string[] {
    const output = this.#failed === undefined ? undefined : this.#outputs.get(this.#failed);
    return [...(output ?? this.#other)];
  }

  #step(id: string, rest: string): void {
    const stage = /^\[(?:(.+) )?(\d+)\/(\d+)\] (.*)$/.exec(rest);
    if (stage !== null) {
      this.#titles.set(id, rest);
      this.#totals.set(stage[1] ?? '', Number(stage[3]));
      this.#counted.add(id);
      this.#report(plainTitle(rest));
      return;
    }
    const output = /^\d+\.\d+ (.*)$/.exec(rest)?.[1];
    if (output !== undefined) return this.#output(id, output);
    if (/^(?:DONE|CACHED)\b/.test(rest)) this.#done.add(id);
    else if (/^ERROR\b/.test(rest)) this.#failed ??= id;
    else if (!this.#titles.has(id)) this.#titles.set(id, rest);
  }

  #output(id: string, line: string): void {
    const text = line.replaceAll(escapes, '').trimEnd();
    if (text === '') return;
    const lines = this.#outputs.get(id) ?? [];
    keep(lines, text);
    this.#outputs.set(id, lines);
    this.#report(text);
  }

  #report(message: string): void {
    const steps = [...this.#totals.values()].reduce((sum, total) => sum + total, 0);
    this.#onProgress({ message, step: this.#done.intersection(this.#counted).size, steps });
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > keptLines) lines.shift();
}

/** A step without what berth itself wrote into it: mounts and the settings that the host lends. */
function plainTitle(title: string): string {
  return title
    .replaceAll(/\s*--mount=\S+/g, '')
    .replaceAll(/\s*if \[ -s \/run\/berth\/\S+ \]; then .*?; fi;/g, '')
    .replaceAll(/\s+/g, ' ');
}
