import { hostname } from 'node:os';
import express from 'express';

const port = Number(process.env.PORT ?? 3000);
const version = process.env.VERSION ?? '1';
const broken = (process.env.BROKEN ?? '') !== '';

const app = express();
app.use(express.json());

app.get('/', (_request, response) => {
  response.json({ hello: 'world', version, instance: hostname() });
});

// Answers after ?ms=… milliseconds: a request that is still in flight when the instance is told to stop.
app.get('/slow', (request, response) => {
  const ms = Math.min(Number(request.query.ms ?? 1000), 60_000);
  setTimeout(() => response.json({ slept: ms, version, instance: hostname() }), ms);
});

app.post('/orders', (request, response) => {
  response.status(201).json({ order: request.body?.id, version, instance: hostname() });
});

app.get('/healthz', (_request, response) => {
  response.status(broken ? 500 : 200).json({ ok: !broken, version });
});

const server = app.listen(port, (error) => {
  if (error) throw error;
  console.log(`hello ${version} listens on port ${port}`);
});

// SIGTERM: take no new connections, finish the requests in flight, then end.
process.once('SIGTERM', () => {
  console.log(`hello ${version} stops`);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
