import { createServer } from 'node:http';
import { hostname } from 'node:os';

const port = Number(process.env.PORT ?? 3000);
const version = process.env.VERSION ?? '1';
const api = process.env.API ?? 'http://api:3000';

const answers = {
  '/healthz': () => ({ ok: true, version }),
  // The name `api` leads to its front: the call meets an instance that is ready, also while the api is being updated.
  '/': async () => ({ shop: 'open', version, instance: hostname(), api: await (await fetch(`${api}/items`)).json() }),
};

const server = createServer(async (request, response) => {
  const answer = answers[new URL(request.url, 'http://web').pathname];
  const [status, body] = answer === undefined ? [404, { error: 'no such page' }] : await said(answer);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

async function said(answer) {
  try {
    return [200, await answer()];
  } catch (error) {
    return [502, { error: `the api did not answer: ${error.message}` }];
  }
}

server.listen(port, () => console.log(`web ${version} listens on port ${port}`));

// SIGTERM: take no new connections, finish the requests in flight, then end.
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
