import { once } from 'node:events';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Ask, Client } from './ask.ts';
import type { Stream } from './plan.ts';

/**
 * A client that holds WebSockets open, one a connection: asking is to send something and wait for its echo. One that was
 * closed is a loss, and is opened again. What goes through is not framed, for nobody on the way looks at it.
 */
export function openWebSockets(stream: Stream, timeoutMs: number): Client {
  const open = new Map<number, Duplex>();
  const ask: Ask = async (connection) => {
    const startedMs = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const known = open.get(connection);
      if (known?.destroyed === true) throw new Error('WebSocket closed');
      const socket = known ?? (await upgrade(stream, signal));
      open.set(connection, socket);
      await echo(socket, signal);
      return { tookMs: performance.now() - startedMs };
    } catch (thrown) {
      open.get(connection)?.destroy();
      open.delete(connection);
      return { tookMs: performance.now() - startedMs, reason: thrown instanceof Error ? thrown.message : String(thrown) };
    }
  };
  return { ask, close: () => open.forEach((socket) => socket.destroy()) };
}

async function upgrade(stream: Stream, signal: AbortSignal): Promise<Duplex> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const send = stream.url.startsWith('https:') ? secureRequest : request;
  const asked = send(stream.url, { ...stream.tls, headers, agent: false, signal });
  asked.end();
  const [, socket] = (await once(asked, 'upgrade', { signal })) as [unknown, Duplex];
  // Whether it still is open is looked at before it is used.
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.destroy());
  return socket;
}

function echo(socket: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (why?: string): void => {
      socket.off('data', onData).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      if (why === undefined) resolve();
      else reject(new Error(why));
    };
    const onData = (said: Buffer): void => end(said.toString() === 'ping' ? undefined : 'WebSocket answered something else');
    const onClose = (): void => end('WebSocket closed');
    const onAbort = (): void => end('timeout');
    socket.on('data', onData).on('close', onClose);
    signal.addEventListener('abort', onAbort);
    socket.write('ping');
  });
}
