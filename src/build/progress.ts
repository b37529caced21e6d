import type { BuildProgress } from '../ports/index.ts';

/** What a failed build is explained by. */
const keptLines = 20;

/** Reads BuildKit's plain progress line by line: what runs now, how far it is, and the last lines of each step. */
export class ProgressReader {
  readonly #onProgress: (progress: BuildProgress) => void;
  /** Steps of each stage as BuildKit announces them: `[build 3/5]`. */
  readonly #totals = new Map<string, number>();
  readonly #titles = new Map<string, string>();
  readonly #outputs = new Map<string, string[]>();
  readonly #done = new Set<string>();
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

  /** The last lines of the step that failed and what the build tool said of it, or its last lines at all. */
  lastLines(): string[] {
    const failed = this.#failed;
    const reason = this.#other.filter((line) => !/^(?:-{3,}|\s*>|\s*\d+ \|)/.test(line)).at(-1);
    if (failed === undefined) return [...this.#other];
    const title = this.#titles.get(failed);
    const lines = [
      ...(title === undefined ? [] : [title]),
      ...(this.#outputs.get(failed) ?? []),
      ...(reason === undefined ? [] : [reason]),
    ];
    return lines.slice(-keptLines);
  }

  #step(id: string, rest: string): void {
    const stage = /^\[(?:(.+) )?(\d+)\/(\d+)\] (.*)$/.exec(rest);
    if (stage?.[2] !== undefined || /^\[internal\] /.test(rest)) {
      this.#titles.set(id, rest);
      if (stage?.[2] !== undefined) {
        this.#totals.set(stage[1] ?? '', Number(stage[3]));
        this.#report(rest);
      }
      return;
    }
    if (/^(?:DONE|CACHED)\b/.test(rest)) {
      if (this.#titles.get(id)?.startsWith('[internal]') !== true && this.#titles.has(id)) this.#done.add(id);
      return;
    }
    if (/^ERROR\b/.test(rest)) {
      this.#failed ??= id;
      return;
    }
    if (/^CANCELED/.test(rest)) return;
    const output = /^\d+\.\d+ (.*)$/.exec(rest)?.[1];
    if (output === undefined) {
      if (!this.#titles.has(id)) this.#titles.set(id, rest);
      return;
    }
    const lines = this.#outputs.get(id) ?? [];
    keep(lines, output);
    this.#outputs.set(id, lines);
    this.#report(output);
  }

  #report(message: string): void {
    const steps = [...this.#totals.values()].reduce((sum, total) => sum + total, 0);
    this.#onProgress({ message, step: Math.min(this.#done.size, steps), steps });
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > keptLines) lines.shift();
}
