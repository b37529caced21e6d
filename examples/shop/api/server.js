import { createServer } from 'node:http';
import { hostname } from 'node:os';

const port = Number(process.env.PORT ?? 3000);
const version = process.env.VERSION ?? '1';
const items = [
  { name: 'coat', price: 120 },
  { name: 'scarf', price: 30 },
];

const answers = {
  '/healthz': () => ({ ok: true, version }),
  '/items': () => ({ items, version, instance: hostname() }),
};

const server = createServer((request, response) => {
  const answer = answers[new URL(request.url, 'http://api').pathname];
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer === undefined ? { error: 'no such thing' } : answer()));
});

server.listen(port, () => console.log(`api ${version} listens on port ${port}`));

// SIGTERM: take no new connections, finish the requests in flight, then end.
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
