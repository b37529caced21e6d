import { defineCommand } from '../command.ts';
import { sessionFlags } from '../streams/session-flags.ts';

/** `berth exec`: a command in a running instance. */
export const exec = defineCommand({
  name: 'exec',
  summary: 'run a command in a running instance',
  words: { name: 'SERVICE COMMAND…', min: 2, max: Infinity },
  passThrough: true,
  flags: {
    ...sessionFlags,
    instance: { value: 'NAME', summary: 'in this instance instead of the first one' },
  },
  examples: [
    ['berth exec web -- sh', 'a shell in an instance of web'],
    ['berth exec -T db -- pg_dump shop > shop.sql', 'no terminal, so that the bytes stay as they are'],
  ],
  async run(context, input) {
    const { sessionCommand } = await import('../streams/session.ts');
    const { instance } = input.flags;
    return await sessionCommand(context, 'exec', input, () => Promise.resolve(instance === undefined ? {} : { instance }));
  },
});
