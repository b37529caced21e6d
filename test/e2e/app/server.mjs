// The application that tests deploy; what it does differs by variables, so one image serves every test.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { hostname } from 'node:os';

const {
  MODE = 'http',
  VERSION = '1',
  BROKEN = '',
  EXIT = '',
  HOST = '0.0.0.0',
  PORT = '3000',
  SEEN = '/seen',
  CRASH_AFTER_MS = '',
  START_MS = '0',
  UPSTREAM = 'http://api:3000/',
} = process.env;

/** Writes a line that tests count, whole or not at all. */
function seen(line) {
  appendFileSync(`${SEEN}/${hostname()}`, `${line}\n`);
}

const answers = {
  '/': () => ({ version: VERSION, instance: hostname() }),
  '/env': (query) => ({ version: VERSION, value: process.env[query.get('name')] ?? null }),
  '/file': (query) => ({ version: VERSION, text: readFileSync(query.get('path'), 'utf8') }),
  '/keep': (query) => (writeFileSync(query.get('path'), VERSION), { version: VERSION }),
};

function handle(request, response) {
  const url = new URL(request.url, 'http://app');
  const reply = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (url.pathname === '/stream') return stream(response);
  if (url.pathname === '/crash') return process.exit(70);
  if (url.pathname === '/via') return via(url.searchParams.has('close') ? false : kept, reply);
  if (BROKEN !== '') return reply(500, { version: VERSION, broken: true });
  if (request.method === 'POST') return receive(request, reply);
  if (url.pathname === '/slow') return setTimeout(() => reply(200, answers['/']()), Number(url.searchParams.get('ms')));
  const answer = answers[url.pathname];
  return answer === undefined ? reply(404, { path: url.pathname }) : reply(200, answer(url.searchParams));
}

/** Notes the id before it answers: an id noted twice was executed twice. */
async function receive(request, reply) {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += part;
  const { id } = JSON.parse(text);
  seen(id);
  reply(201, { version: VERSION, id });
}

const kept = new Agent({ keepAlive: true });

/** Asks another service by its name, and answers what it answered. */
function via(agent, reply) {
  const failed = (error, status) => reply(502, { error: error.code ?? error.message, reused: call.reusedSocket, status });
  const call = get(UPSTREAM, { agent }, async (answer) => {
    let text = '';
    try {
      for await (const part of answer.setEncoding('utf8')) text += part;
      reply(answer.statusCode, JSON.parse(text));
    } catch (error) {
      failed(error, answer.statusCode);
    }
  });
  call.once('error', failed);
}

function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(`data: ${VERSION}\n\n`), 100);
  response.once('close', () => clearInterval(timer));
}

function end(server) {
  console.log(`${VERSION} stops`);
  if (server === undefined) process.exit(0);
  server.close(() => process.exit(0));
  server.closeIdleConnections?.();
}

function start() {
  if (EXIT !== '') {
    console.log(`${VERSION} exits with ${EXIT}`);
    if (MODE === 'job') seen(`job ${VERSION}`);
    process.exit(Number(EXIT));
  }
  if (CRASH_AFTER_MS !== '') setTimeout(() => process.exit(70), Number(CRASH_AFTER_MS));
  if (MODE === 'worker') {
    console.log(`${VERSION} works`);
    setInterval(() => console.log(`${VERSION} ticks`), 1000);
    return undefined;
  }
  const server = MODE === 'tcp' ? createTcpServer((socket) => socket.pipe(socket)) : createServer(handle);
  server.listen(Number(PORT), HOST, () => console.log(`${VERSION} listens on ${HOST}:${PORT}`));
  return server;
}

setTimeout(() => {
  const server = start();
  process.once('SIGTERM', () => end(server));
}, Number(START_MS));
