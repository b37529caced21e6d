import { describe, expect, it } from 'vitest';
import { parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'latest', undefined],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27', undefined],
    ['grafana/grafana', 'docker.io', 'grafana/grafana', 'latest', undefined],
    ['docker.io/library/nginx', 'docker.io', 'library/nginx', 'latest', undefined],
    ['docker.io/nginx', 'docker.io', 'library/nginx', 'latest', undefined],
    ['index.docker.io/acme/web', 'docker.io', 'acme/web', 'latest', undefined],
    ['ghcr.io/acme/web:v1', 'ghcr.io', 'acme/web', 'v1', undefined],
    ['localhost/web', 'localhost', 'web', 'latest', undefined],
    ['registry:5000/web', 'registry:5000', 'web', 'latest', undefined],
    ['127.0.0.1:5000/a/b/c:x', '127.0.0.1:5000', 'a/b/c', 'x', undefined],
    ['[::1]:5000/web', '[::1]:5000', 'web', 'latest', undefined],
    [`nginx@${digest}`, 'docker.io', 'library/nginx', undefined, digest],
    [`ghcr.io/acme/web:v1@${digest}`, 'ghcr.io', 'acme/web', 'v1', digest],
  ])('%s', (text, ...[registry, repository, tag, found]) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag, digest: found });
  });

  it.each(['', 'Nginx', 'nginx:', 'nginx:a b', '/nginx', 'nginx@sha256:12', 'a//b', 'web:-x', '../web'])('refuses %j', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });
});
