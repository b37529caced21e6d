import type { Clock } from '../ports/index.ts';
import { Counter } from './counter.ts';
import type { AskMaster } from './leftovers.ts';
import { LogReader } from './log-reader.ts';
import type { FromChild, ToChild } from './messages.ts';

/** What connects the counting process with the server that started it. */
export type Channel = {
  readonly onMessage: (listener: (message: ToChild) => void) => void;
  readonly onEnd: (listener: () => void) => void;
  readonly send: (message: FromChild) => void;
};

/** What the counting process takes from elsewhere. */
export type CountingDeps = { readonly clock: Clock; readonly askMaster: AskMaster };

const ageMs = 1000;

/** Counts access logs for the server at the other end of the channel, and ends with it. */
export async function runCounting({ clock, askMaster }: CountingDeps, { onMessage, onEnd, send }: Channel): Promise<void> {
  const counter = new Counter(clock.now());
  const reader = new LogReader({ counter, clock, askMaster, onTrouble: ({ message }) => send({ kind: 'trouble', message }) });
  const ended = new AbortController();
  onEnd(() => ended.abort());
  const read = async ({ id, query }: Extract<ToChild, { kind: 'read' }>): Promise<void> => {
    await reader.catchUp();
    send({ kind: 'counts', id, counts: counter.read(query, clock.now()) });
  };
  onMessage((message) => {
    switch (message.kind) {
      case 'follow':
        reader.follow(message.source);
        return;
      case 'attend':
        reader.attend(message.socket);
        return;
      case 'learn':
        counter.learn(message);
        return;
      case 'read':
        void read(message).catch((thrown: unknown) => {
          if (!ended.signal.aborted) throw thrown;
        });
    }
  });
  while (!ended.signal.aborted) {
    await clock.sleep(ageMs, ended.signal).catch(() => undefined);
    counter.age(clock.now());
  }
  reader.close();
}
