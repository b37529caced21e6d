import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../test/fakes/spec-files.ts';
import { issueCertificate, keyPem, newKey } from '../certificates/x509.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const key = newKey();
const pem = issueCertificate({
  name: 'shop.example.com',
  publicKey: createPublicKey(key),
  notBeforeMs: Date.UTC(2026, 0, 1),
  notAfterMs: Date.UTC(2030, 0, 1),
  use: { kind: 'leaf', hosts: ['shop.example.com', '*.shop.example.com'] },
  issuer: { name: 'shop.example.com', privateKey: key },
});
/** The files that examples name. */
const files = {
  'busy.html': '<p>busy</p>',
  'maintenance.html': '<p>soon</p>',
  'certs/fullchain.pem': pem,
  'certs/key.pem': keyPem(key),
  'staff.pem': pem,
};

describe.each(['traffic.md', 'tls.md'])('the examples of docs/%s', (page) => {
  const examples = [...readFileSync(path.join(docs, page), 'utf8').matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);

  it.each(examples)('can be deployed: %#', async (text) => {
    const { project, warnings } = await loadFiles({ ...files, 'compose.yaml': text });
    expect(project.services.length).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
  });
});
