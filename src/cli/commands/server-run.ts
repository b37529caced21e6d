import { defineCommand } from '../command.ts';

/** `berth server run`: what a unit, a container or `berth` itself starts. */
export const serverRun = defineCommand({
  name: 'server run',
  summary: 'run the server in the foreground',
  flags: {},
  examples: [['berth server run', 'until Ctrl-C or SIGTERM']],
  run: (context) => context.world.servers.run(),
});
