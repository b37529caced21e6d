import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { Load, mixedStreams } from '../load/load.ts';
import { losses, sum } from '../load/plan.ts';
import { listSharedImages } from './images.ts';
import { berth, berthJson, fail, homeDirectory, readMemory, writeMemory, type Variables } from './stage.ts';
import { table, type Row } from './table.ts';

const requestsPerSecond = 200;

/** Deploys the example, keeps load on it, updates it, breaks it and rolls it back. Answers the numbers of the last line. */
export async function tour(): Promise<string> {
  const home = homeDirectory();
  const memory = readMemory();
  const before = memory?.home === home ? memory : undefined;
  const port = await choosePort(before?.port);
  const madeHome = before?.madeHome ?? !existsSync(path.join(home, 'berth.db'));
  writeMemory({ port, home, madeHome, imagesBefore: before?.imagesBefore ?? (await listSharedImages()) });
  const url = `http://localhost:${port}/`;
  const variables = (rest: Variables): Variables => ({ ...(port === 8080 ? {} : { PORT: String(port) }), ...rest });
  const rows: Row[] = [];

  say('An Express application without a Dockerfile: built from source, three instances behind one port.');
  const first = await berth(['up'], variables({ VERSION: '1' }));
  if (first.code !== 0) fail(`the first deploy exited ${first.code}`);
  rows.push({ what: 'deploy version 1 from source', ...first });
  await needVersion(url, '1');
  await berth(['ps']);

  say(`From here on ${requestsPerSecond} requests a second come from another process, over kept and over new connections.`);
  await using load = new Load(mixedStreams(url.replace('localhost', '127.0.0.1'), requestsPerSecond));
  await load.requests(requestsPerSecond);
  const step = async (what: string, args: readonly string[], given: Variables): Promise<number> => {
    const before = sum(await load.report());
    const { code, seconds } = await berth(args, given);
    const after = sum(await load.report());
    rows.push({ what, code, seconds, requests: after.requests - before.requests, lost: after.lost - before.lost });
    return code;
  };

  const update = await step('update to version 2', ['up'], variables({ VERSION: '2' }));
  if (update !== 0) fail(`the update exited ${update}`);
  await needVersion(url, '2');

  say('Now a version whose health check fails. berth is expected to refuse it.');
  const broken = await step('broken version 3, refused', ['up'], variables({ VERSION: '3', BROKEN: '1' }));
  if (broken !== 1) fail(`the broken version exited ${broken}, not 1`);
  console.log('exit 1: version 3 never passed its probe, so it got no traffic; version 2 served all the time and still does.');
  await needVersion(url, '2');

  say('And back to the release before.');
  const back = await step('rollback to version 1', ['rollback'], {});
  if (back !== 0) fail(`the rollback exited ${back}`);
  await needVersion(url, '1');

  const report = await load.stop();
  const { requests, lost } = sum(report);
  console.log(`\n${table(rows)}\n`);
  showNext(url, port);
  if (lost > 0) fail(`${lost} of ${requests} requests were lost: ${losses(report)}`);
  const updates = rows.filter(({ code, requests: under }) => code === 0 && under !== undefined).length;
  const startedMs = Number(process.env['QUICKSTART_STARTED_MS'] ?? Date.now());
  return `requests=${requests} lost=${lost} updates=${updates} seconds=${Math.round((Date.now() - startedMs) / 1000)}`;
}

function say(sentence: string): void {
  console.log(`\n# ${sentence}`);
}

async function needVersion(url: string, version: string): Promise<void> {
  const answer = (await (await fetch(url, { headers: { connection: 'close' } })).json()) as { version?: string };
  if (answer.version !== version) fail(`${url} answers version ${answer.version}, not ${version}`);
}

/** The port of the run before while its application still holds it, else 8080 if that is free, else any free one. */
async function choosePort(before: number | undefined): Promise<number> {
  if (before !== undefined && (await berthJson(['ps'])) !== undefined) return before;
  return (await tryPort(8080)) ?? (await tryPort(0)) ?? fail('no TCP port is free');
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

function showNext(url: string, port: number): void {
  console.log(`It stays up: ${url}`);
  console.log('\nFive commands to try next:\n');
  console.log(`  cd examples/hello && export PATH="$PWD/../../bin:$PATH"${port === 8080 ? '' : ` PORT=${port}`}\n`);
  const next = [
    ['berth ps', 'what runs, and how it is'],
    ['berth logs -f web', 'what all instances say'],
    ['berth scale web=5', 'two more instances'],
    ['VERSION=4 berth plan', 'what the next update would do, step by step'],
    ['berth history', 'every release, to roll back to'],
  ];
  for (const [command, meaning] of next) console.log(`  ${command?.padEnd(22)} ${meaning}`);
  console.log('\n`npm run quickstart -- --down` removes everything that this made.\n');
}
