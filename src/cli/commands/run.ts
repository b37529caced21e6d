import type { Client } from '../../client/index.ts';
import type { SessionRequest } from '../../contract/index.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { sessionFlags } from '../streams/session-flags.ts';

/** `berth run`: a command in a container of its own. */
export const run = defineCommand({
  name: 'run',
  summary: 'run a one-off command in a new container of a service',
  description:
    'The container has the image, variables, volumes and networks of the current release of the service, gets no traffic, and is removed afterwards.',
  words: { name: 'SERVICE COMMAND…', min: 2, max: Infinity },
  passThrough: true,
  flags: sessionFlags,
  examples: [
    ['berth run web -- npm run seed', 'a task with the settings of web'],
    ['berth run -T web -- env', 'no terminal'],
  ],
  async run(context, input) {
    const { sessionCommand } = await import('../streams/session.ts');
    return await sessionCommand(context, 'run', input, (client, app) => unlessDeployed(context, client, app));
  },
});

/** What the server needs for an app that was never deployed; of one that runs, it takes the current release. */
async function unlessDeployed(context: Context, client: Client, app: string): Promise<Pick<SessionRequest, 'engine' | 'deployment'>> {
  const apps = await client.status({});
  if (apps.apps.includes(app)) return {};
  const { loadDeployment } = await import('../load/deployment.ts');
  return { engine: { socket: await context.world.engineSocket() }, deployment: await loadDeployment(context) };
}
