import { defineCommand } from '../command.ts';

/** `berth exec`: a command in a running instance. */
export const exec = defineCommand({
  name: 'exec',
  summary: 'run a command in a running instance',
  words: { name: 'SERVICE COMMAND…', min: 2, max: Infinity },
  passThrough: true,
  flags: {
    'no-tty': { short: 'T', summary: 'no terminal, also when this is one' },
    user: { short: 'u', value: 'USER', summary: 'run as this user' },
    workdir: { short: 'w', value: 'DIR', summary: 'run in this directory' },
    env: { short: 'e', value: 'KEY=VALUE', repeat: true, summary: 'add a variable' },
    instance: { value: 'NAME', summary: 'in this instance instead of the first one' },
  },
  examples: [
    ['berth exec web -- sh', 'a shell in an instance of web'],
    ['berth exec -T db -- pg_dump shop > shop.sql', 'no terminal, so that the bytes stay as they are'],
  ],
  async run(context, { words, flags }) {
    const { appName } = await import('../load/app-name.ts');
    const { runSession, toSessionRequest } = await import('../session.ts');
    const client = await context.world.servers.ensure();
    const app = await appName(context, client);
    const request = toSessionRequest(context, { words, noTty: flags['no-tty'], user: flags.user, workdir: flags.workdir, env: flags.env });
    const instance = flags.instance === undefined ? {} : { instance: flags.instance };
    return await runSession(context, client, { kind: 'exec', app, request: { ...request, ...instance } });
  },
});
