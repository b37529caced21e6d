import { hostname } from 'node:os';
import express, { type Request, type Response } from 'express';

const port = Number(process.env.PORT ?? 3000);
const app = express();

app.get('/', (_request: Request, response: Response) => {
  response.json({ hello: 'from TypeScript', instance: hostname() });
});

app.get('/healthz', (_request: Request, response: Response) => {
  response.json({ ok: true });
});

app.get('/slow', (request: Request, response: Response) => {
  const ms = Math.min(Number(request.query.ms ?? 1000), 60_000);
  setTimeout(() => response.json({ slept: ms }), ms);
});

const server = app.listen(port, () => console.log(`node-build listens on port ${port}`));

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
