import process from 'node:process';
import type { Keyboard } from '../cli/index.ts';

/** Standard input as a sequence of chunks that can be left before its end. */
export class StandardInput implements Keyboard {
  #leave: (() => void) | undefined;

  get isTTY(): boolean {
    return process.stdin.isTTY === true;
  }

  setRawMode(mode: 'raw' | 'cooked'): void {
    if (this.isTTY) process.stdin.setRawMode(mode === 'raw');
  }

  release(): void {
    this.#leave?.();
    process.stdin.pause();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    const { stdin } = process;
    const { promise: left, resolve } = Promise.withResolvers<'left'>();
    this.#leave = () => resolve('left');
    const chunks: AsyncIterator<Uint8Array> = stdin.iterator({ destroyOnReturn: false });
    for (;;) {
      const next = await Promise.race([chunks.next(), left]);
      if (next === 'left' || next.done === true) return;
      yield next.value;
    }
  }
}
