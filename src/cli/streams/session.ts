import type { Client } from '../../client/index.ts';
import type { SessionRequest } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { Context } from '../context.ts';
import { appName } from '../load/app-name.ts';
import type { SessionInput } from './session-flags.ts';

type SessionAsked = { readonly kind: 'exec' | 'run'; readonly app: string; readonly request: SessionRequest };

/** Carries out `exec` or `run`; `more` adds to the request what only one of them has. */
export async function sessionCommand(
  context: Context,
  kind: SessionAsked['kind'],
  input: SessionInput,
  more: (client: Client, app: string) => Promise<Partial<SessionRequest>>,
): Promise<number> {
  const client = await context.world.servers.ensure();
  const app = await appName(context, client);
  const request = { ...toRequest(context, input), ...(await more(client, app)) };
  return runSession(context, client, { kind, app, request });
}

/** The request for a session out of words and flags. */
function toRequest({ world }: Context, { words, flags }: SessionInput): SessionRequest {
  const [service = '', ...command] = words;
  const tty = !flags['no-tty'] && world.stdin.isTTY && world.stdout.isTTY;
  return {
    service,
    command,
    tty,
    stdin: true,
    user: flags.user,
    workingDir: flags.workdir,
    environment: Object.fromEntries(flags.env.map((pair) => toVariable(pair, world.env))),
    ...(tty ? { rows: world.stdout.rows, columns: world.stdout.columns } : {}),
  };
}

/** `KEY` alone takes the value from here, as `docker run -e` does. */
function toVariable(pair: string, env: Readonly<Record<string, string | undefined>>): [string, string] {
  const at = pair.indexOf('=');
  const name = at < 0 ? pair : pair.slice(0, at);
  if (name === '') throw new BerthError('USAGE', `\`${pair}\` is not KEY=VALUE.`);
  return [name, at < 0 ? (env[name] ?? '') : pair.slice(at + 1)];
}

/** Connects our streams with those of a command in a container, and answers its exit code. */
async function runSession(context: Context, client: Client, asked: SessionAsked): Promise<number> {
  const { world } = context;
  const { tty } = asked.request;
  const session = await client.openSession(asked);
  const stopResizing = tty ? world.onResize(() => session.resize({ rows: world.stdout.rows, columns: world.stdout.columns })) : undefined;
  // In raw mode Ctrl-C is a byte for the command; without a terminal it hangs up, and the server cleans up.
  const interrupted = new AbortController();
  const stopListening = world.onInterrupt(() => {
    interrupted.abort();
    session.close();
  });
  if (tty) world.stdin.setRawMode('raw');
  const input = pump(world.stdin, session);
  try {
    for await (const { stream, data } of session.output) world[stream].write(data);
    return session.exitCode();
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    throw error;
  } finally {
    if (tty) world.stdin.setRawMode('cooked');
    stopResizing?.();
    stopListening();
    world.stdin.release();
    await input;
  }
}

async function pump(stdin: AsyncIterable<Uint8Array>, session: Awaited<ReturnType<Client['openSession']>>): Promise<void> {
  for await (const chunk of stdin) await session.write(chunk);
  session.end();
}
