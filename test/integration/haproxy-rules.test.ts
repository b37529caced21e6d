import { request } from 'node:http';
import { connect as connectH2 } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProxyConfig, RouteRules, Rule } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { backendOf, listenerOf, openEdge, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';

const port = await freePort(2);
const host = 'shop.test';
let under: EdgeUnderTest;
let shop: App;

beforeAll(async () => {
  [under, shop] = await Promise.all([openEdge(), startApp('shop')]);
});
afterAll(async () => {
  await under.close();
  await shop.stop();
});

type Asked = { path?: string; method?: string; headers?: Record<string, string>; body?: string | string[] };
type Got = { status: number; headers: Record<string, unknown>; body: Buffer };

/** One request on a connection of its own; parts of a body in an array are sent chunked. */
function ask(input: Asked = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { path = '/', method = 'GET', headers = {}, body = '' } = input;
    const length: Record<string, string> = typeof body === 'string' && body !== '' ? { 'content-length': String(body.length) } : {};
    const req = request({ port, path, method, headers: { host, ...length, ...headers }, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (c: Buffer) => chunks.push(c));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }));
      res.on('error', reject);
    });
    req.on('error', reject);
    for (const part of typeof body === 'string' ? [body] : body) if (part !== '') req.write(part);
    req.end();
  });
}

/** One service with some rules on one path, and open to everybody everywhere else. */
function config(rules: RouteRules, over: Partial<Rule> = {}, extra: readonly Rule[] = []): ProxyConfig {
  const base = { host, service: 'web', backend: 'web' };
  const rest = [...extra, { ...base, path: '/', backend: 'rest' }];
  const listener = listenerOf(port, undefined, { rules: [{ ...base, path: '/in', rules, ...over }, ...rest] });
  return { listeners: [listener], backends: [backendOf('web', [serverOf(shop)]), backendOf('rest', [serverOf(shop)])] };
}
const apply = async (rules: RouteRules, over: Partial<Rule> = {}, extra: readonly Rule[] = []): Promise<void> => {
  await under.edge.apply(config(rules, over, extra));
};
const lastUrl = (): string | undefined => shop.seen.at(-1)?.url;
const statuses = async (inputs: readonly Asked[]): Promise<number[]> => {
  const found: number[] = [];
  for (const input of inputs) found.push((await ask(input)).status);
  return found;
};
const basic = (user: string, password: string): { headers: { authorization: string } } => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
});

test.each<[string, Partial<Rule>, [string, string][]]>([
  [
    'strips',
    { rules: { rewrite: '/' } },
    [
      ['/in', '/'],
      ['/in/', '/'],
      ['/in/a?b=1', '/a?b=1'],
      ['/inner', '/inner'],
      ['/in//a', '//a'],
      ['/in/a%2Fb', '/a%2Fb'],
      ['/%69n/a%20b?c=%20', '/a%20b?c=%20'],
      ['/out/../in/a', '/a'],
      ['/out/%2e%2e/in', '/'],
      ['/in%2Fa', '/a'],
    ],
  ],
  [
    'replaces',
    { rules: { rewrite: '/v2' } },
    [
      ['/in', '/v2'],
      ['/in/a?b=%20', '/v2/a?b=%20'],
      ['/other', '/other'],
      ['/%69n', '/v2'],
      ['//in/a+(b)?c', '/v2/a%2B%28b%29?c'],
      ['/in/../other', '/in/../other'],
    ],
  ],
  [
    'says the same path with more in it',
    { rules: { rewrite: '/in/v2' } },
    [
      ['/in/a', '/in/v2/a'],
      ['/%69n/a', '/in/v2/a'],
    ],
  ],
  ['adds', { path: '/', rules: { rewrite: "/a+'b%20c" } }, [['/x', "/a+'b%20c/x"]]],
  [
    'takes special characters literally',
    { path: '/a.b+(c)', rules: { rewrite: '/' } },
    [
      ['/a.b+(c)/x', '/x'],
      ['/aXb+(c)/x', '/aXb+(c)/x'],
    ],
  ],
])('%s a path prefix', async (_what, over, cases) => {
  await apply({}, over);
  for (const [asked, expected] of cases) {
    await ask({ path: asked });
    expect(lastUrl()).toBe(expected);
  }
});

test('sends elsewhere, with path and query', async () => {
  const where = async (to: string, path: string): Promise<unknown> => {
    await apply({ redirect: { to, code: 307 } }, { backend: undefined });
    const { status, headers } = await ask({ path });
    expect(status).toBe(307);
    return headers['location'];
  };
  expect(await where('https://www.shop.test{path}{query}', '/in/x?a=1')).toBe('https://www.shop.test/in/x?a=1');
  expect(await where('https://www.shop.test{path}{query}', '/in/x')).toBe('https://www.shop.test/in/x');
  expect(await where("https://100%.test/it's{query}&via=%[src]", '/in?q')).toBe("https://100%.test/it's?q&via=%[src]");
  expect(await where('/moved', '/in/deep')).toBe('/moved');
  expect(await where('{path}/', '/in/deep')).toBe('/in/deep/');
  expect(await where('{path}/', '//in/../in')).toBe('/in/../in/');
});

test('sends plain requests to https, unless a trusted proxy had them with it', async () => {
  const rules = { httpsRedirect: { port: 443 } };
  await apply(rules);
  expect((await ask({ path: '/in?a=b', headers: { 'x-forwarded-proto': 'https' } })).headers['location']).toBe('https://shop.test/in?a=b');
  const plain = config(rules);
  await under.edge.apply({ ...plain, listeners: plain.listeners.map((l) => ({ ...l, trustedProxies: ['127.0.0.0/8'] })) });
  expect(await statuses([{ path: '/in' }, { path: '/in', headers: { 'x-forwarded-proto': 'https' } }])).toEqual([308, 200]);
});

test('sets and removes headers, and takes their values as they are', async () => {
  const odd = `it's 100%, "%[src]" $HOME \\n #x %{+Q}o`;
  await apply({
    requestHeaders: { set: { 'X-Odd': odd, 'X-Forwarded-Prefix': '/in' }, remove: ['Cookie'] },
    responseHeaders: { set: { 'X-Odd': odd }, remove: ['X-App'] },
    hsts: 'max-age=1',
  });
  const { headers } = await ask({ path: '/in', headers: { cookie: 'a=b', 'x-odd': 'mine' } });
  expect(shop.seen.at(-1)?.headers).toMatchObject({ 'x-odd': odd, 'x-forwarded-prefix': '/in' });
  expect(shop.seen.at(-1)?.headers).not.toHaveProperty('cookie');
  expect(headers['x-odd']).toBe(odd);
  expect(headers).not.toHaveProperty('strict-transport-security');
  expect((await ask({ path: '/out' })).headers).not.toHaveProperty('x-odd');
});

/** `secret`, as crypt(3) hashes it. */
const hashes = {
  sha256: '$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.',
  sha512: '$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.',
  yescrypt: '$y$j9T$abcdefghijklmnop$3dL1LkYnZM.OVXuVdnnaKVDlLYT92dRwOzDZ5XiVCe.',
  bcrypt: '$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u',
};

test('asks for a password, which bcrypt, yescrypt and SHA hashes tell', async () => {
  await apply({ basicAuth: hashes });
  const first = await ask({ path: '/in' });
  expect(first.status).toBe(401);
  expect(first.headers['www-authenticate']).toBe('Basic realm="web", charset="UTF-8"');
  for (const user of Object.keys(hashes)) {
    expect(
      await statuses([
        { path: '/in', ...basic(user, 'secret') },
        { path: '/in', ...basic(user, 'wrong') },
      ]),
    ).toEqual([200, 401]);
  }
  expect(await statuses([{ path: '/in', ...basic('nobody', 'secret') }, { path: '/out' }])).toEqual([401, 200]);
});

test('hashes a password once, and lets nobody try many', async () => {
  await apply({ basicAuth: { slow: hashes.bcrypt, other: hashes.sha512 } });
  const right = { path: '/in', ...basic('slow', 'secret') };
  await ask(right);
  const start = performance.now();
  expect(await statuses(Array.from({ length: 20 }, () => right))).toEqual(Array.from({ length: 20 }, () => 200));
  expect(performance.now() - start).toBeLessThan(20 * 40);
  const tries = await statuses(Array.from({ length: 30 }, (_, n) => ({ path: '/in', ...basic('other', `wrong${n}`) })));
  expect(tries.filter((s) => s === 401).length).toBeLessThanOrEqual(20);
  expect(tries.at(-1)).toBe(429);
  expect(await statuses([right])).toEqual([200]);
});

test.each<[string, string]>([
  ['encoded', '/%69n'],
  ['with two slashes', '//in'],
  ['with dots', '/out/../in'],
  ['with encoded dots', '/out/%2e%2e/in'],
  ['with an encoded slash', '/out%2f..%2fin'],
  ['behind a question mark that is none', '/out%3F/../in'],
])('nobody passes a rule by with its path %s', async (_what, path) => {
  await apply({ deny: ['127.0.0.0/8'] });
  expect(await statuses([{ path: '/out' }, { path }, { path: '/in' }])).toEqual([200, 403, 403]);
  await apply({});
  await ask({ path });
  expect(lastUrl()).toBe(path);
});

test('lets in whom it may, and nobody else', async () => {
  const many = Array.from({ length: 100 }, (_, n) => `10.0.${n}.0/24`);
  const verdict = async (rules: RouteRules): Promise<number> => {
    await apply(rules);
    return (await ask({ path: '/in' })).status;
  };
  expect(await verdict({ allow: many })).toBe(403);
  expect(await verdict({ allow: [...many, '127.0.0.1'] })).toBe(200);
  expect(await verdict({ allow: ['127.0.0.0/8'], deny: ['127.0.0.1', 'fd00::/8'] })).toBe(403);
});

test('refuses a long body, and a long one that does not say how long it is', async () => {
  await apply({ maxBodyBytes: 10_000 });
  const post = (body: string | string[], headers: Record<string, string> = {}): Asked => ({
    path: '/in?id=x',
    method: 'POST',
    body,
    headers,
  });
  const x = (length: number): string => 'x'.repeat(length);
  expect(await statuses([post(x(10_000)), post(x(10_001)), post(x(100_000)), { path: '/in' }])).toEqual([200, 413, 413, 200]);
  expect(await statuses([post(['x', 'y']), post([x(4000), x(3999)]), post(Array.from({ length: 500 }, () => 'x'))])).toEqual([
    200, 200, 200,
  ]);
  expect(await statuses([post([x(8000)]), post([x(9000), 'y']), post([x(100_000)]), { ...post([x(20_000)]), path: '/out' }])).toEqual([
    411, 411, 413, 200,
  ]);
  expect(await statuses([post(['x'], { 'x-long': x(5000) }), post(['x'], { 'x-long': x(6000) })])).toEqual([200, 411]);
  await apply({ maxBodyBytes: 100 });
  expect(await statuses([post([x(100)]), post([x(101)]), post([x(50), x(51)])])).toEqual([200, 413, 413]);
});

test('refuses a long body of HTTP/2, which need not say its length', async () => {
  await apply({ maxBodyBytes: 100 });
  const send = (method: string, parts: readonly string[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const session = connectH2(`http://127.0.0.1:${port}`);
      const stream = session.request({ ':method': method, ':path': '/in?id=x', ':authority': host }, { endStream: parts.length === 0 });
      stream.on('response', (headers) => resolve(Number(headers[':status']))).on('error', reject);
      stream.resume().on('close', () => session.close());
      for (const part of parts) stream.write(part);
      if (parts.length > 0) stream.end();
    });
  const x = (length: number): string => 'x'.repeat(length);
  expect(await Promise.all([send('GET', []), send('POST', ['x', 'y']), send('DELETE', [x(101)]), send('POST', [x(60), x(60)])])).toEqual([
    200, 200, 413, 413,
  ]);
});

test('counts the requests of a client, also over a reload', async () => {
  const rules = { rateLimit: { requests: 5, perMs: 60_000 } };
  await apply(rules);
  const asks = (n: number): Promise<number[]> => statuses(Array.from({ length: n }, () => ({ path: '/in' })));
  expect(await asks(4)).toEqual([200, 200, 200, 200]);
  const more = config(rules);
  expect(await under.edge.apply({ ...more, listeners: [...more.listeners, listenerOf(port + 1, 'web')] })).toEqual({ reloaded: true });
  await expect.poll(async () => (await asks(1))[0], { timeout: 3_000 }).toBe(429);
  const { headers, status } = await ask({ path: '/in' });
  expect({ status, retry: headers['retry-after'] }).toEqual({ status: 429, retry: '60' });
  expect(await statuses([{ path: '/out' }])).toEqual([200]);
});

test('waits for each route as long as it says', async () => {
  await apply({ timeoutMs: 200, errorPages: { '504': '<p>\n\t"It\'s" late: 100%</p>' } });
  const [late, patient] = await Promise.all([ask({ path: '/in?ms=1000' }), ask({ path: '/out?ms=1000' })]);
  expect([late.status, patient.status]).toEqual([504, 200]);
  expect(late.body.toString()).toBe('<p>\n\t"It\'s" late: 100%</p>');
});

test('answers with the pages of the route', async () => {
  const page = `<h1>${'ä'.repeat(6000)}</h1>`;
  const before = config({ errorPages: { '503': page, '403': '<p>no</p>' } }, { backend: 'empty' });
  await under.edge.apply({ ...before, backends: [...before.backends, backendOf('empty', [])] });
  const { status, body, headers } = await ask({ path: '/in' });
  expect({ status, body: body.toString(), retry: headers['retry-after'] }).toEqual({ status: 503, body: page, retry: '5' });
  await apply({ errorPages: { '403': '<p>no</p>' }, deny: ['127.0.0.1'] });
  expect((await ask({ path: '/in' })).body.toString()).toBe('<p>no</p>');
  await expect(apply({ errorPages: { '503': 'x'.repeat(20_000) } })).rejects.toMatchObject({ code: 'EDGE_FAILED' });
});

test('is in maintenance without a lost request', async () => {
  await apply({});
  const slow = ask({ path: '/in?ms=600' });
  await expect.poll(lastUrl).toBe('/in?ms=600');
  const stop = new AbortController();
  const others = (async (): Promise<number[]> => {
    const found: number[] = [];
    while (!stop.signal.aborted) found.push((await ask({ path: '/out' })).status);
    return found;
  })();
  await apply({ maintenance: { page: '<p>Back at 9</p>' } });
  const { status, body, headers } = await ask({ path: '/in/x' });
  expect({ status, body: body.toString() }).toEqual({ status: 503, body: '<p>Back at 9</p>' });
  expect(headers).toMatchObject({ 'retry-after': '60', 'cache-control': 'no-store' });
  expect((await slow).status).toBe(200);
  await apply({});
  expect((await ask({ path: '/in' })).status).toBe(200);
  stop.abort();
  expect(new Set(await others)).toEqual(new Set([200]));
});

test('packs text for whoever takes it, once', async () => {
  await apply({ compress: true });
  const get = (path: string, encoding = 'gzip'): Promise<Got> => ask({ path, headers: { 'accept-encoding': encoding } });
  const packed = await get('/in/text');
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: expect.stringMatching(/accept-encoding/i) });
  expect(gunzipSync(packed.body).toString()).toBe('text '.repeat(1000));
  expect((await get('/in/text', 'identity')).headers).not.toHaveProperty('content-encoding');
  expect((await get('/in/picture')).headers).not.toHaveProperty('content-encoding');
  expect((await get('/in/packed')).body.toString()).toBe('packed already');
  expect((await get('/out/text')).headers).not.toHaveProperty('content-encoding');
});
