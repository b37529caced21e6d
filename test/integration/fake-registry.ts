import { createHash } from 'node:crypto';
import * as http from 'node:http';
import { gzipSync } from 'node:zlib';

/** What a repository of the registry has: an image of one layer, or only a refusal. */
type Repository = { readonly layer: Uint8Array } | { readonly status: number };

/** A registry on a loopback port (engines allow plain HTTP there), as much of it as pulls need. */
export class FakeRegistry {
  readonly #server = http.createServer((request, response) => this.#answer(request, response));
  readonly #repositories = new Map<string, Repository>();
  /** Names that want the user `me` with the password `secret`. */
  readonly protected = new Set<string>();
  port = 0;

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Puts a repository there and answers the reference to it. */
  add(name: string, repository: Repository): string {
    this.#repositories.set(name, repository);
    return `127.0.0.1:${this.port}/${name}:1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { url = '' } = request;
    const [, name = '', kind = '', version = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    const { authorization } = request.headers;
    if (url === '/v2/') {
      const isOpen = this.protected.size === 0 || authorization !== undefined;
      response.writeHead(isOpen ? 200 : 401, { 'Www-Authenticate': 'Basic realm="berth"' }).end();
      return;
    }
    const repository = this.#repositories.get(name);
    if (repository === undefined) return fail(response, 404, 'NAME_UNKNOWN');
    if ('status' in repository) return fail(response, repository.status, codes[repository.status] ?? 'UNKNOWN');
    if (this.protected.has(name) && authorization !== `Basic ${Buffer.from('me:secret').toString('base64')}`) {
      return fail(response, 401, 'UNAUTHORIZED');
    }
    send({ request, response, kind, version }, imageOf(repository));
  }
}

type Question = { request: http.IncomingMessage; response: http.ServerResponse; kind: string; version: string };

function send({ request, response, kind, version }: Question, { config, layer, manifest }: ReturnType<typeof imageOf>): void {
  const wanted = kind === 'manifests' ? manifest : version === digestOf(config) ? config : layer;
  const type = kind === 'manifests' ? 'application/vnd.docker.distribution.manifest.v2+json' : 'application/octet-stream';
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': wanted.length, 'Docker-Content-Digest': digestOf(wanted) });
  response.end(request.method === 'HEAD' ? undefined : wanted);
}

/** The words of the distribution specification for a status. */
const codes: Readonly<Record<number, string>> = { 401: 'UNAUTHORIZED', 403: 'DENIED', 404: 'MANIFEST_UNKNOWN', 429: 'TOOMANYREQUESTS' };

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function imageOf({ layer: tar }: { layer: Uint8Array }) {
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      history: [{}],
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: layer.length, digest: digestOf(layer) }],
    }),
  );
  return { config, layer, manifest };
}

function fail(response: http.ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Www-Authenticate': 'Basic realm="berth"' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
}
