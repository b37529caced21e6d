import type { EventRecord } from '../../model/index.ts';
import type { Clock } from '../../ports/index.ts';
import { cut, pad, stripControls, widthOf, type Style } from '../style.ts';
import type { Output } from '../world.ts';
import { eventLine } from './plain.ts';
import { advance, noProgress, type Progress, type Row } from './progress.ts';
import type { Renderer } from './renderer.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const tickMs = 100;
const widest = 110;

/** Rows that move: each thing has one line with its state and time, redrawn in place. */
export class TtyRenderer implements Renderer {
  readonly #output: Output;
  readonly #style: Style;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #progress: Progress = noProgress;
  /** Rows that were written for good, above the part that moves. */
  readonly #settled = new Set<string>();
  #height = 0;
  #frame = 0;

  constructor(input: { output: Output; style: Style; clock: Clock }) {
    this.#output = input.output;
    this.#style = input.style;
    this.#clock = input.clock;
    this.#output.write('\u001B[?25l');
    void this.#spin();
  }

  show(record: EventRecord): void {
    this.#progress = advance(this.#progress, record);
    const { event } = record;
    if (event.type === 'notice' || event.type === 'rollout.resumed') this.note(eventLine(event, this.#style, false) ?? '');
    else if (event.type === 'revert.started') this.note(`${this.#style.yellow('going back:')} ${event.why}`);
    // Progress may come a hundred times a second; the next tick shows the last of it.
    else if (event.type !== 'step.progress') this.#draw([]);
  }

  note(text: string): void {
    this.#draw(text.split('\n'));
  }

  end(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#draw([]);
    this.#output.write('\u001B[?25h');
  }

  async #spin(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#frame += 1;
      this.#draw([]);
      await Promise.allSettled([this.#clock.sleep(tickMs, this.#stop.signal)]);
    }
  }

  /** One write per picture, each line cleared to its end: nothing flickers, and what was longer before is gone. */
  #draw(above: readonly string[]): void {
    const { rows, title } = this.#progress;
    if (title === '' && above.length === 0) return;
    const room = Math.max(3, this.#output.rows - 2);
    const lines = [...above];
    for (const [key, row] of rows) {
      if (rows.size - this.#settled.size <= room) break;
      if (this.#settled.has(key) || row.state !== 'done') continue;
      this.#settled.add(key);
      lines.push(this.#line(row));
    }
    const moving = [...rows].filter(([key]) => !this.#settled.has(key)).map(([, row]) => row);
    const picture = title === '' ? [] : [this.#title(), ...moving.slice(0, room).map((row) => this.#line(row))];
    if (moving.length > room) picture.push(this.#style.dim(`   and ${moving.length - room} more`));
    const up = this.#height === 0 ? '' : `\u001B[${this.#height}A`;
    this.#output.write(`${up}${[...lines, ...picture].map((line) => `\r${line}\u001B[K\n`).join('')}\u001B[J`);
    this.#height = picture.length;
  }

  #title(): string {
    const { app, title, steps, reverting } = this.#progress;
    const ratio = steps.planned === 0 || reverting ? '' : ` ${Math.min(steps.done, steps.planned)}/${steps.planned}`;
    return this.#style.bold(cut(`[${reverting ? '-' : '+'}] ${app}: ${title}${ratio}`, this.#output.columns - 1));
  }

  #line(row: Row): string {
    const width = Math.min(widest, this.#output.columns - 1);
    const isOver = row.state === 'done' || row.state === 'failed';
    const time = `${(Math.max(0, (isOver ? row.endedAtMs : this.#clock.now()) - row.sinceMs) / 1000).toFixed(1)}s`;
    const subject = cut(`${row.kind} ${row.name}`, Math.max(8, width - time.length - 16));
    const text = cut(stripControls(row.text), Math.max(0, width - widthOf(subject) - time.length - 6));
    return ` ${this.#mark(row)} ${subject}  ${this.#tint(row, pad(text, width - widthOf(subject) - time.length - 6))} ${this.#style.dim(time)}`;
  }

  #mark(row: Row): string {
    if (row.state === 'done') return this.#style.green('✔');
    if (row.state === 'failed') return this.#style.red('✘');
    return this.#style.cyan(frames[this.#frame % frames.length] ?? '');
  }

  #tint(row: Row, text: string): string {
    if (row.state === 'failed') return this.#style.red(text);
    return row.state === 'done' ? this.#style.green(text) : text;
  }
}
