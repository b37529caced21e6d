import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadReport, Stream } from './plan.ts';

/** What the load process answers to `report`, `count` and, once, `stop`. */
export type LoadAnswer = { readonly report: LoadReport } | { readonly count: number };

/** Load from a process of its own, so that it is asked for on time whatever this process does. */
export class Load implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly waiting: PromiseWithResolvers<LoadAnswer>[] = [];
  private ended: Promise<LoadReport> | undefined;

  /** `inside` starts the process in the namespaces of a container that has this directory at /load and Node at /bin/node. */
  constructor(streams: readonly Stream[], { timeoutMs = 15_000, inside }: { timeoutMs?: number; inside?: number } = {}) {
    const plan = [JSON.stringify({ streams, timeoutMs })];
    this.child =
      inside === undefined
        ? fork(path.join(import.meta.dirname, 'main.ts'), plan, { execArgv: [] })
        : fork('/load/main.ts', plan, { execPath: 'nsenter', execArgv: ['-t', String(inside), '-n', '-m', '--', '/bin/node'] });
    this.child.on('message', (answer) => this.waiting.shift()?.resolve(answer as LoadAnswer));
    this.child.once('exit', (code) => {
      for (const { reject } of this.waiting) reject(new Error(`The load process ended by itself (exit ${code}).`));
    });
  }

  /** What it has seen so far. */
  async report(): Promise<LoadReport> {
    return needReport(await this.ask('report'));
  }

  /** Waits until so many more requests were made: how to let load pass without counting time. */
  async requests(more: number): Promise<void> {
    const wanted = (await this.count()) + more;
    while ((await this.count()) < wanted) await sleep(20);
  }

  /** Lets the requests in flight end, and answers what all of them came to. */
  stop(): Promise<LoadReport> {
    this.ended ??= this.ask('stop').then(needReport);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async count(): Promise<number> {
    const answer = await this.ask('count');
    if (!('count' in answer)) throw new Error('The load process answered something else.');
    return answer.count;
  }

  private ask(what: 'report' | 'count' | 'stop'): Promise<LoadAnswer> {
    if (!this.child.connected) return Promise.reject(new Error('The load process has ended.'));
    const answer = Promise.withResolvers<LoadAnswer>();
    this.waiting.push(answer);
    this.child.send(what);
    return answer.promise;
  }
}

function needReport(answer: LoadAnswer): LoadReport {
  if (!('report' in answer)) throw new Error('The load process answered something else.');
  return answer.report;
}

/** The two ways clients use connections, at one address: kept open, and one for each request. */
export function mixedStreams(url: string, perSecond: number): Stream[] {
  return [
    { name: 'keep-alive', url, connections: 20, keepAlive: true, perSecond: perSecond * 0.7 },
    { name: 'close', url, connections: 10, keepAlive: false, perSecond: perSecond * 0.3 },
  ];
}
