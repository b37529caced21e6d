import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, loadText } from '../../../test/fakes/spec-files.ts';

/** Services with this in their `x-berth`, each on a line of its own from line 2 on. */
const file = (...services: readonly (readonly [name: string, berth: string])[]): string =>
  `services:\n${services.map(([name, berth]) => `  ${name}: {image: x, x-berth: {${berth}}}\n`).join('')}`;

describe('routes that are in the way of each other', () => {
  it.each<[string, [string, string][], string]>([
    [
      'the same host and path',
      [
        ['web', 'routes: [a.example/x]'],
        ['api', 'routes: [A.example/x/]'],
      ],
      '`api` and `web` both want the route a.example/x on port 80 (also at compose.yaml:2)',
    ],
    ['the same twice', [['web', 'routes: [a.example, a.example]']], '`web` asks twice for the route a.example/ on port 80'],
    [
      'a whole port and a route of every host on it',
      [
        ['web', 'port: 3000}, ports: ["8080:80"], x-note: {'],
        ['api', 'routes: [":8080"]'],
      ],
      '`api` and `web` both want the route of every host/ on port 8080 (also at compose.yaml:2)',
    ],
    [
      'TLS and none on one port',
      [
        ['web', 'tls: internal, routes: ["a.example:8443"]'],
        ['api', 'routes: ["b.example:8443"]'],
      ],
      '(also at compose.yaml:2), one for HTTP and one for HTTP with TLS',
    ],
    [
      'HTTP and TCP on one port',
      [
        ['web', 'routes: ["a.example:5000"]'],
        ['db', 'routes: [{mode: tcp, port: 5000}]'],
      ],
      '(also at compose.yaml:2), one for TCP and one for HTTP',
    ],
    [
      'a PROXY header from some clients only',
      [
        ['web', 'routes: [a.example], proxyProtocol: {accept: true}'],
        ['api', 'routes: [b.example]'],
      ],
      'port 80 is shared by `web`, which accepts the PROXY protocol, and `api`, which does not (that of `web` (compose.yaml:2))',
    ],
    [
      'the place where the edge answers ACME servers',
      [
        ['web', 'tls: {acme: {directory: "https://acme.example/dir"}}, routes: [a.example]'],
        ['api', 'routes: [a.example/.well-known/acme-challenge/x]'],
      ],
      'can never match: the edge answers ACME servers there',
    ],
  ])('%s', async (_title, services, message) => {
    const failure = await failureOf(loadText(file(...services)));
    expect(failure).toMatch(/^FILE_INVALID\ncompose\.yaml:\d+:\d+: /);
    expect(failure).toContain(message);
  });

  it('names both files', async () => {
    const failure = await failureOf(
      loadFiles({ 'compose.yaml': file(['web', 'routes: [a.example]']), 'compose.override.yaml': file(['api', 'routes: [a.example]']) }),
    );
    expect(failure).toContain(
      'compose.override.yaml:2:38: `api` and `web` both want the route a.example/ on port 80 (also at compose.yaml:2)',
    );
  });

  it.each<[string, [string, string][]]>([
    [
      'different hosts',
      [
        ['web', 'routes: [a.example]'],
        ['api', 'routes: [b.example, "*.example", a.example/api]'],
      ],
    ],
    [
      'TCP by name',
      [
        ['a', 'routes: [{mode: tcp, host: a.example}]'],
        ['b', 'routes: [{mode: tcp, host: b.example}, {mode: tcp, port: 443}]'],
      ],
    ],
    [
      'a plain port and that of TLS',
      [
        ['web', 'tls: internal, routes: [a.example]'],
        ['api', 'routes: [b.example]'],
      ],
    ],
  ])('may share a port by %s', async (_title, services) => {
    await expect(loadText(file(...services))).resolves.toBeDefined();
  });
});

describe('redirects that lead nowhere', () => {
  it.each<[string, string]>([
    ['routes: [{host: a.example, redirect: "http://a.example{path}"}]', 'leads to itself'],
    ['routes: [{host: a.example, redirect: /x}]', 'leads to itself'],
    ['routes: [{host: "*.example", redirect: "http://www.example{path}"}]', 'leads to itself'],
    ['routes: [{redirect: "http://a.example"}]', 'leads to itself'],
    ['routes: [{host: a.example, path: /old, redirect: /old/new}]', 'leads to itself'],
    [
      'routes: [{host: a.example, redirect: "http://b.example{path}"}, {host: b.example, redirect: "http://a.example{path}"}]',
      'leads in a circle, back to itself',
    ],
    ['tls: internal, routes: [{host: a.example, redirect: "http://a.example{path}"}]', 'leads in a circle, back to itself'],
  ])('%s', async (text, message) => {
    expect(await failureOf(loadText(file(['web', text])))).toContain(message);
  });

  it.each<[string]>([
    ['routes: [{host: a.example, redirect: "https://a.example{path}"}]'],
    ['routes: [{host: a.example, path: /old, redirect: /new}]'],
    ['routes: [{host: a.example, redirect: /new}, {host: a.example, path: /new}]'],
    ['routes: [{host: "*.example", redirect: "http://www.example{path}"}, www.example]'],
    ['routes: [{host: a.example, redirect: "http://a.example:8080{path}"}]'],
  ])('are none: %s', async (text) => {
    await expect(loadText(file(['web', text]))).resolves.toBeDefined();
  });
});
