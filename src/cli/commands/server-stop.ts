import { defineCommand } from '../command.ts';

/** `berth server stop`: traffic goes on without it. */
export const serverStop = defineCommand({
  name: 'server stop',
  summary: 'stop the server between two steps; traffic goes on',
  flags: {},
  examples: [['berth server stop', 'a running rollout resumes with the next server']],
  async run(context) {
    const stopped = await context.world.servers.stop();
    if (context.globals.json) context.printJson({ stopped });
    else context.print(stopped ? 'the server is stopped; the next command that needs it starts it again' : 'no server was running');
    return 0;
  },
});
