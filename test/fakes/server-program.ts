/**
 * A berth server as a process of its own, with a domain that only counts (`FakeRunner`): for tests of what happens
 * around it. `FAKE_VERSION` and `FAKE_STEPS` come as arguments.
 */
import { runServer } from '../../src/main/server.ts';
import { FakeRunner } from './runner.ts';

const [version = '0.1.0', steps = '5', delayMs = '0'] = process.argv.slice(2);
const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms: number) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, ms);
    }),
};
await clock.sleep(Number(delayMs));
try {
  await runServer(
    {
      version,
      pid: process.pid,
      uid: process.getuid?.() ?? 0,
      environment: process.env,
      workingDirectory: process.cwd(),
      onSignal(listener) {
        process.on('SIGTERM', listener);
        return () => process.off('SIGTERM', listener);
      },
    },
    ({ store, ids }) => {
      const runner = new FakeRunner({ store, clock, ids }, { steps: Number(steps), stepMs: 20 });
      return { runner, engine: () => undefined, close: () => undefined };
    },
  );
  process.exit(0);
} catch {
  process.exit(5);
}
