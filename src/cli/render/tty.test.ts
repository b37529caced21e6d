import { expect, it } from 'vitest';
import type { EventRecord, RolloutEvent } from '../../model/index.ts';
import { createStyle } from '../style.ts';
import { TtyRenderer } from './tty.ts';

/** What a terminal shows after it was written to, as far as the renderer uses one: lines, and those that scrolled away. */
class Screen {
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;
  widest = 0;

  write(data: string | Uint8Array): void {
    // oxlint-disable-next-line no-control-regex
    for (const [whole, count, letter] of String(data).matchAll(/\u001B\[\??(\d*)([A-Za-z])|\n|\r|[^\u001B\n\r]+/g)) {
      if (letter === 'A') this.#row -= Number(count);
      else if (letter === 'K') this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
      else if (letter === 'J') this.#lines.length = this.#row + 1;
      else if (whole === '\r') this.#column = 0;
      else if (whole === '\n') this.#newLine();
      else if (letter === undefined) this.#put(whole);
    }
  }

  text(): string {
    return this.#lines.map((line) => line.trimEnd()).join('\n');
  }

  #newLine(): void {
    this.#row += 1;
    this.#lines[this.#row] ??= '';
  }

  #put(text: string): void {
    const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + text + line.slice(this.#column + text.length);
    this.#column += text.length;
    this.widest = Math.max(this.widest, this.#column);
  }
}

/** A renderer at second 10, whose ticks come only when the test says so. */
function open(size: { columns: number; rows: number }) {
  const screen = new Screen();
  const output = { write: (data: string | Uint8Array) => screen.write(data), isTTY: true, ...size };
  const ticks: (() => void)[] = [];
  const sleep = (_ms: number, signal?: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ticks.push(resolve);
    signal?.addEventListener('abort', () => resolve());
    return promise;
  };
  const clock = { now: () => 10_000, monotonic: () => 10_000, sleep };
  const renderer = new TtyRenderer({ output, style: createStyle('plain'), clock });
  const show = (atMs: number, event: RolloutEvent): void =>
    renderer.show({ seq: 1, atMs, rollout: 'r1', app: 'shop', event } satisfies EventRecord);
  return { screen, renderer, show, ticks };
}

const start = (instance: string) => ({ kind: 'instance.start', service: 'web', instance }) as const;
const build = { kind: 'image.build', service: 'web', hash: 'h' } as const;
const plan = (actions: readonly (typeof build | ReturnType<typeof start>)[]): RolloutEvent => ({
  type: 'plan.ready',
  plan: {
    app: 'shop',
    release: 7,
    services: [],
    steps: actions.map((action, i) => ({ id: `s${i}`, action, reason: '', needs: [] })),
    warnings: [],
  },
});

it('gives each thing a line, which shows its state and time, and leaves the end on the screen', () => {
  const { screen, renderer, show } = open({ columns: 60, rows: 20 });
  show(1000, { type: 'rollout.started', kind: 'up', app: 'shop' });
  show(1000, plan([build, start('shop-web-1')]));
  show(1000, { type: 'step.started', step: 's0', action: build, reason: '' });
  show(2000, { type: 'step.progress', step: 's0', message: 'npm ci', current: 1, total: 4 });
  renderer.note('A line among it.');
  expect(screen.text()).toBe(`A line among it.
[+] shop: rolling out release 7 0/2
 ⠙ Image web  Building 25 % npm ci                     9.0s
`);
  show(6000, { type: 'step.done', step: 's0', action: build, tookMs: 5000 });
  show(6000, { type: 'step.started', step: 's1', action: start('shop-web-1'), reason: '' });
  show(6500, {
    type: 'step.failed',
    step: 's1',
    action: start('shop-web-1'),
    error: { code: 'ENGINE_REFUSED', message: 'Could not start shop-web-1: there is no such program in its image.' },
  });
  show(6500, { type: 'revert.started', why: 'It failed.', toRelease: 6 });
  renderer.end();
  expect(screen.text()).toBe(`A line among it.
going back: It failed.
[-] shop: going back to release 6
 ✔ Image web  Built                                    5.0s
 ✘ Instance shop-web-1  Could not start shop-web-1: t… 0.5s
`);
  expect(screen.widest).toBeLessThan(60);
});

it('settles done lines above when there are more than the terminal has rows', () => {
  const { screen, renderer, show } = open({ columns: 60, rows: 6 });
  const names = Array.from({ length: 7 }, (_, i) => `shop-web-${i + 1}`);
  show(0, { type: 'rollout.started', kind: 'scale', app: 'shop' });
  show(0, plan(names.map(start)));
  for (const [i, name] of names.entries()) {
    show(0, { type: 'step.started', step: `s${i}`, action: start(name), reason: '' });
    if (i < 5) show(1000, { type: 'step.done', step: `s${i}`, action: start(name), tookMs: 1000 });
  }
  renderer.end();
  const lines = screen.text().split('\n');
  expect(lines.filter((line) => line.includes('✔')).map((line) => line.split('  ')[0])).toEqual(
    names.slice(0, 5).map((name) => ` ✔ Instance ${name}`),
  );
  expect(lines.indexOf('[+] shop: scaling 5/7')).toBe(3);
});

it('redraws with each tick until it has ended', async () => {
  const { screen, renderer, show, ticks } = open({ columns: 60, rows: 20 });
  show(1000, { type: 'rollout.started', kind: 'stop', app: 'shop' });
  show(1000, { type: 'step.started', step: 's0', action: start('shop-web-1'), reason: '' });
  const before = screen.text();
  ticks.at(-1)?.();
  await expect.poll(() => screen.text()).not.toBe(before);
  renderer.end();
  const after = screen.text();
  renderer.end();
  expect(screen.text()).toBe(after);
});
