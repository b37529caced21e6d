import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

/** What a load saw from its start to its end. */
export type LoadResult = {
  readonly ok: number;
  readonly lost: number;
  readonly why: Readonly<Record<string, number>>;
  readonly ids: readonly string[];
};

export type LoadInput = {
  readonly address?: string;
  readonly port: number;
  readonly kind: 'keep-alive' | 'close' | 'post';
  readonly connections: number;
};

/** Keeps requests running in a process of its own; `end` stops it and answers what it saw. */
export async function startLoad(input: LoadInput): Promise<{ end(): Promise<LoadResult> }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(input)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  const first = Promise.withResolvers<void>();
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.startsWith('started\n')) first.resolve();
  });
  child.on('error', first.reject);
  await first.promise;
  return {
    async end() {
      child.stdin.end();
      await closed;
      return JSON.parse(out.slice('started\n'.length)) as LoadResult;
    },
  };
}

function once(agent: Agent | false, options: { host: string; port: number; path: string; method: string }): Promise<string> {
  return new Promise((resolve) => {
    const req = request({ agent, ...options }, (res) => {
      res.resume();
      res.on('end', () => resolve(res.statusCode === 200 ? '' : `status ${res.statusCode}`));
      res.on('error', (e) => resolve(e.message));
    });
    req.on('error', (e) => resolve(e.message));
    req.end();
  });
}

async function main(input: LoadInput): Promise<void> {
  const agent = input.kind === 'close' ? (false as const) : new Agent({ keepAlive: true, maxSockets: input.connections });
  const result = { ok: 0, lost: 0, why: {} as Record<string, number>, ids: [] as string[] };
  let going = true;
  process.stdin.resume().on('end', () => (going = false));
  const worker = async (n: number): Promise<void> => {
    for (let i = 0; going; i += 1) {
      const id = `${n}-${i}`;
      const post = input.kind === 'post';
      const { address: host = '127.0.0.1', port } = input;
      const why = await once(agent, { host, port, path: post ? `/?id=${id}` : '/', method: post ? 'POST' : 'GET' });
      if (why === '') result.ok += 1;
      else {
        result.lost += 1;
        result.why[why] = (result.why[why] ?? 0) + 1;
      }
      if (post && why === '') result.ids.push(id);
      if (result.ok + result.lost === 1) process.stdout.write('started\n');
    }
  };
  await Promise.all(Array.from({ length: input.connections }, (_, n) => worker(n)));
  process.stdout.write(JSON.stringify(result));
  if (agent !== false) agent.destroy();
}

const given = process.argv[2];
if (process.argv[1] === fileURLToPath(import.meta.url) && given !== undefined) await main(JSON.parse(given) as LoadInput);
