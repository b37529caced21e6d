import { expect, test } from 'vitest';
import { tlsState } from '../config/certificates.ts';
import { planList, readEntries, readNames, syncCertificates } from './certificates.ts';

const listener = { address: '', port: 443, mode: 'http', rules: [] } as const;
const a = { id: 'a', fingerprint: '1', hosts: ['a.test'] };
const b = { id: 'b', fingerprint: '2', hosts: ['b.test', '*.b.test'] };

function wantedOf(...certificates: readonly (typeof a)[]) {
  const state = tlsState({ listeners: [{ ...listener, tls: { certificates } }] });
  const [list] = state.lists;
  if (list === undefined) throw new Error('a listener with certificates has a list');
  return { state, list };
}

test('reads names and lines as HAProxy says them', () => {
  expect(readNames('# filename\n*/x/a.pem\n/x/b.pem\n')).toEqual(['*/x/a.pem', '/x/b.pem']);
  expect(readEntries('# /x/l.list\n/x/a.pem:1 *\n/x/b.pem:12 *.b.test b.test\n/x/c.pem:3')).toEqual([
    { path: '/x/a.pem', line: '/x/a.pem:1', text: '/x/a.pem *' },
    { path: '/x/b.pem', line: '/x/b.pem:12', text: '/x/b.pem *.b.test b.test' },
    { path: '/x/c.pem', line: '/x/c.pem:3', text: '/x/c.pem' },
  ]);
});

test('plans nothing but the default where a list is as wanted, and never to remove its first line', () => {
  const { list, state } = wantedOf(a, b);
  const text = state.files.flatMap((f) => ('text' in f ? f.text.split('\n').filter((l) => l !== '') : []));
  const actual = readEntries(text.map((line, n) => line.replace('.pem', `.pem:${n + 1}`)).join('\n'));
  expect(planList(list, 'l', actual)).toMatchObject({ add: [], remove: [] });
  expect(planList(wantedOf(b).list, 'l', actual)).toMatchObject({ add: [], remove: [{ line: actual[1]?.line }] });
  expect(planList(list, 'l', [])).toBeUndefined();
});

test('other names of a certificate are a line more, then a line less', () => {
  const before = wantedOf(a, b).list;
  const actual = [
    { path: 'default', line: 'default:1', text: 'default *' },
    ...before.entries
      .map((e, n) => readEntries(`/run/berth/tls/${e.file}:${n + 2} ${e.names.join(' ')}`)[0])
      .filter((e) => e !== undefined),
  ];
  const change = planList(wantedOf(a, { ...b, hosts: ['c.test'] }).list, 'l', actual);
  expect(change?.add.map((e) => e.names)).toEqual([['c.test']]);
  expect(change?.remove.map((e) => e.line)).toEqual([actual[2]?.line]);
});

test('says what HAProxy did not take, and drops nothing then', async () => {
  const { state, list } = wantedOf(a, b);
  const asked: string[] = [];
  const ask = (command: string): Promise<string> => {
    asked.push(command);
    if (command === 'show ssl crt-list') return Promise.resolve(`/run/berth/tls/${list.key}.0.list`);
    if (command.startsWith('show ssl crt-list')) return Promise.resolve('/run/berth/tls/default:1 *');
    if (command === 'show ssl cert') return Promise.resolve('*/run/berth/tls/left.pem');
    return Promise.resolve(command.startsWith('set ssl cert') ? 'The command is too big for the buffer size.' : 'Success!');
  };
  const refused = await syncCertificates({ ask, read: () => Promise.resolve('PEM') }, state);
  expect(refused[0]).toContain('too big');
  expect(asked).toContain('abort ssl cert /run/berth/tls/left.pem');
  expect(asked.some((command) => command.startsWith('del'))).toBe(false);
});

test('sends no blank line, which would end what is sent', async () => {
  const { state, list } = wantedOf(a);
  const sent: string[] = [];
  const ask = (command: string, _signal?: AbortSignal, payload?: string): Promise<string> => {
    if (payload !== undefined) sent.push(payload);
    if (command === 'show ssl crt-list') return Promise.resolve(`/run/berth/tls/${list.key}.0.list`);
    return Promise.resolve(command.startsWith('show ssl crt-list') ? 'default:1 *' : 'Transaction created Success!');
  };
  await syncCertificates({ ask, read: () => Promise.resolve('one\n\r\n\ntwo\n') }, state);
  expect(sent).toContain('one\ntwo');
});
