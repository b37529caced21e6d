import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, request } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificates } from '../../src/certificates/index.ts';
import { systemClock } from '../../src/kit/index.ts';

/** What an ACME server asks on port 80: the answer to a token, or undefined for 404. */
type Challenges = (token: string) => string | undefined;

/** A real ACME server on loopback, for which every name leads to 127.0.0.1. It can be away, and stand behind a rate limit. */
export class Pebble implements AsyncDisposable {
  readonly directory: string;
  readonly directoryCa: string;
  /** The same server behind a proxy that answers 429 to new orders while `limited` says how many seconds to wait. */
  readonly limitedDirectory: string;
  limited: number | undefined;
  challenges: Challenges = () => undefined;
  asked = 0;
  readonly #start: () => ChildProcess;
  readonly #root: string;
  readonly #management: string;
  readonly #closers: (() => void)[];
  #child: ChildProcess;

  private constructor(input: {
    port: number;
    management: number;
    proxy: number;
    directoryCa: string;
    root: string;
    start: () => ChildProcess;
    closers: (() => void)[];
  }) {
    this.directory = `https://127.0.0.1:${input.port}/dir`;
    this.limitedDirectory = `https://127.0.0.1:${input.proxy}/dir`;
    this.directoryCa = input.directoryCa;
    this.#start = input.start;
    this.#management = `https://127.0.0.1:${input.management}`;
    this.#root = input.root;
    this.#closers = input.closers;
    this.#child = input.start();
  }

  /** Starts the server. `httpPort` is where it asks for proofs: `edge` leaves that port to a real edge. */
  static async open(program: string, edge?: { readonly httpPort: number }): Promise<Pebble> {
    const root = mkdtempSync(path.join(tmpdir(), 'pebble-'));
    const machine = { name: 'pebble', names: () => ['127.0.0.1', 'localhost'] };
    const own = createCertificates({ directory: path.join(root, 'keys'), clock: systemClock, machine });
    await own.issueOwn({ id: 'pebble', hosts: [], machine: true, source: { kind: 'internal' } });
    const { pem = '' } = (await own.read('pebble')) ?? {};
    writeFileSync(path.join(root, 'server.pem'), pem, { mode: 0o600 });
    const [port, management] = [await freePort(), await freePort()];
    let pebble: Pebble | undefined;
    const answers = createServer((asked, answer) => {
      const token = /^\/\.well-known\/acme-challenge\/([^/]+)$/.exec(asked.url ?? '')?.[1];
      if (pebble !== undefined) pebble.asked++;
      const text = token === undefined ? undefined : pebble?.challenges(token);
      answer.writeHead(text === undefined ? 404 : 200).end(text);
    });
    const proxy = createTlsServer({ cert: pem, key: pem }, (asked, answer) => {
      if (asked.url === '/order-plz' && pebble?.limited !== undefined) {
        const problem = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many certificates already issued', status: 429 };
        answer
          .writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': String(pebble.limited) })
          .end(JSON.stringify(problem));
        return;
      }
      const onward = request(
        { host: '127.0.0.1', port, path: asked.url, method: asked.method, headers: asked.headers, rejectUnauthorized: false },
        (back) => {
          answer.writeHead(back.statusCode ?? 502, back.headers);
          back.pipe(answer);
        },
      );
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    const httpPort = edge?.httpPort ?? (await listen(answers));
    const proxyPort = await listen(proxy);
    const names = await nameServer();
    const config = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: path.join(root, 'server.pem'),
      privateKey: path.join(root, 'server.pem'),
      httpPort,
      tlsPort: httpPort,
      ocspResponderURL: '',
    };
    writeFileSync(path.join(root, 'config.json'), JSON.stringify({ pebble: config }));
    const args = ['-config', path.join(root, 'config.json'), '-dnsserver', `127.0.0.1:${names.address().port}`];
    // One in five nonces is refused, as the server's own documentation recommends for testing clients.
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '20', PEBBLE_AUTHZREUSE: '0' };
    const start = (): ChildProcess => spawn(program, args, { env, stdio: 'ignore' });
    const closers = [() => void answers.close(), () => void proxy.close(), () => void names.close()];
    pebble = new Pebble({ port, management, proxy: proxyPort, directoryCa: (await own.authority()).pem, root, start, closers });
    await pebble.#awaitAnswer();
    return pebble;
  }

  /** The certificate (PEM) that clients of this server's certificates trust. */
  rootCertificate(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const asked = request(`${this.#management}/roots/0`, { ca: this.directoryCa }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => resolve(text));
    });
    asked.once('error', reject);
    asked.end();
    return promise;
  }

  /** Takes the server away; its accounts and orders are gone with it. */
  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async restart(): Promise<void> {
    this.#child = this.#start();
    await this.#awaitAnswer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop();
    for (const close of this.#closers) close();
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #awaitAnswer(): Promise<void> {
    for (let tries = 0; !(await this.#answers()); tries++) {
      if (tries > 200 || this.#child.exitCode !== null) throw new Error('Pebble did not start.');
      await systemClock.sleep(50);
    }
  }

  #answers(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const asked = request(this.directory, { ca: this.directoryCa }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
    asked.end();
    return promise;
  }
}

/** A server of names that leads every one to 127.0.0.1. */
async function nameServer(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    let end = 12;
    while ((message[end] ?? 0) !== 0) end += (message[end] ?? 0) + 1;
    const question = message.subarray(12, end + 5);
    const asksAddress = message.readUInt16BE(end + 1) === 1;
    const header = Buffer.from([message[0] ?? 0, message[1] ?? 0, 0x85, 0x80, 0, 1, 0, asksAddress ? 1 : 0, 0, 0, 0, 0]);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    socket.send(Buffer.concat([header, question, ...(asksAddress ? [answer] : [])]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
