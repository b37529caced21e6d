import { expect, test } from 'vitest';
import { ensureEngine, startedEngine, stopEngine } from '../../scripts/setup/engine.mjs';
import type { EventRecord } from '../../src/model/index.ts';
import { Site, web } from './harness/index.ts';

const isOurs = startedEngine();

test.skipIf(!isOurs)(
  `the engine restarted in the middle of a rollout: it ends by itself, in the old or the new release${isOurs ? '' : ' (skipped: set-up did not start this engine, so it is not ours to restart)'}`,
  async () => {
    await using site = await Site.open();
    site.compose(web({ replicas: 2, drain: '2s' }));
    site.variables({ VERSION: '1' });
    await site.ok('up');
    site.variables({ VERSION: '2' });
    const events = site.start('events', '-f', '-n', '0', '--json');
    const rollout = site.start('up');
    let done = 0;
    for await (const line of events.lines()) {
      const { event } = JSON.parse(line) as EventRecord;
      if (event.type !== 'step.done' || ++done < 5) continue;
      await stopEngine();
      await ensureEngine();
      break;
    }
    events.signal('SIGKILL');
    const { code, err } = await rollout.result;
    expect([0, 1], err).toContain(code);
    expect(err).toContain('engine does not answer');
    expect(await site.versions()).toEqual([code === 0 ? '2' : '1']);
    const running = (await site.containers()).filter((line) => line.includes(' running instance '));
    expect(running).toHaveLength(2);
    await site.ok('up');
    expect(await site.versions()).toEqual(['2']);
  },
);
