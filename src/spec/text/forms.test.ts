import { describe, expect, it } from 'vitest';
import { goFloat, plainScalar } from './scalar.ts';
import { splitWords } from './shell-words.ts';
import { parsePort, parseVolume } from './short-forms.ts';
import { durationMs, sizeBytes } from './units.ts';

describe('plainScalar', () => {
  it.each([
    ['', null],
    ['~', null],
    ['null', null],
    ['true', true],
    ['False', false],
    ['yes', 'yes'],
    ['on', 'on'],
    ['12', 12],
    ['-3', -3],
    ['+5', 5],
    ['0', 0],
    ['0440', 288],
    ['0o17', 15],
    ['0x1f', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['08', 8],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['1e3', 1000],
    ['12:30', '12:30'],
    ['1.2.3', '1.2.3'],
    ['2001-01-01', '2001-01-01'],
    ['12345678901234567890', '12345678901234567890'],
    ['-', '-'],
    ['.', '.'],
  ])('%s', (text, value) => {
    expect(plainScalar(text)).toBe(value);
  });

  it.each([
    [1.5, '1.5'],
    [0.1, '0.1'],
    [0.00001, '1e-05'],
    [100_000.5, '100000.5'],
    [1_234_567.5, '1.2345675e+06'],
    [-2.25, '-2.25'],
  ])('%d is printed as Go prints it', (value, text) => {
    expect(goFloat(value)).toBe(text);
  });
});

describe('units', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['500ms', 500],
    ['2.5s', 2500],
    ['1d', 86_400_000],
    ['0', 0],
    ['10', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
  ])('the duration %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each([
    ['512m', 536_870_912],
    ['1.5gb', 1_610_612_736],
    ['1GiB', 1_073_741_824],
    ['100', 100],
    ['-1', -1],
    ['10x', undefined],
    ['m', undefined],
  ])('the size %s', (text, bytes) => {
    expect(sizeBytes(text)).toBe(bytes);
  });
});

describe('splitWords', () => {
  it.each([
    ['a b "c d"', ['a', 'b', 'c d']],
    ['a  b', ['a', 'b']],
    ['', []],
    ['""', ['']],
    [String.raw`a\ b "x\"y"`, ['a b', 'x"y']],
    [`sh -c 'echo "$HOME"; true'`, ['sh', '-c', 'echo "$HOME"; true']],
  ])('%s', (text, words) => {
    expect(splitWords(text)).toEqual({ ok: true, words });
  });

  it.each([
    ['a; b', 'no shell runs it, so `;` cannot be used'],
    ['a > b', 'no shell runs it, so `>` cannot be used'],
    ['a "b', 'the quote `"` is never closed'],
    ['a \\', 'the backslash at its end stands for nothing'],
  ])('%s is refused', (text, message) => {
    expect(splitWords(text)).toEqual({ ok: false, message });
  });
});

describe('short forms', () => {
  const one = (target: number, published?: string, hostIp?: string, protocol = 'tcp') => ({ target, published, hostIp, protocol });

  it.each([
    ['80', [one(80)]],
    ['8080:80', [one(80, '8080')]],
    ['8080:80/udp', [one(80, '8080', undefined, 'udp')]],
    ['127.0.0.1:8080:80', [one(80, '8080', '127.0.0.1')]],
    ['127.0.0.1::80', [one(80, undefined, '127.0.0.1')]],
    ['[::1]:8080:80', [one(80, '8080', '::1')]],
    ['0:80', [one(80)]],
    ['90-91:80-81', [one(80, '90'), one(81, '91')]],
    ['80-81', [one(80), one(81)]],
    ['90-95:80', [one(80, '90-95')]],
  ])('the port %s', (text, mappings) => {
    expect(parsePort(text)).toEqual({ ok: true, mappings });
  });

  it.each([
    ['a', 'names `a`, which is not a port'],
    ['80:', 'names no port'],
    ['70000:80', 'names `70000`, which is out of range; a port is 1 to 65535'],
    ['82-80', 'names `82-80`, which ends before it starts'],
    ['80-82:90-91', 'maps two ranges of different length'],
    ['80/sctp', 'uses SCTP, which is not built yet'],
    ['80/foo', 'names the protocol `foo`; it must be `tcp` or `udp`'],
    ['999.1.1.1:80:80', '`999.1.1.1` is not an IP address'],
    ['::1:80:80', 'must be `[address:][port:]port[/protocol]`, an IPv6 address in brackets'],
  ])('the port %s is refused', (text, message) => {
    expect(parsePort(text)).toEqual({ ok: false, message });
  });

  it.each([
    ['/data', { type: 'volume', target: '/data', readOnly: false }],
    ['db:/data:ro', { type: 'volume', source: 'db', target: '/data', readOnly: true }],
    ['./a:/b:rw,z', { type: 'bind', source: './a', target: '/b', readOnly: false, selinux: 'z' }],
    ['~/a:/b:rshared,ro', { type: 'bind', source: '~/a', target: '/b', readOnly: true, propagation: 'rshared' }],
    ['v:/b:nocopy', { type: 'volume', source: 'v', target: '/b', readOnly: false, noCopy: true }],
  ])('the mount %s', (text, volume) => {
    expect(parseVolume(text)).toMatchObject({ ok: true, volume });
  });

  it.each([
    ['a:b', 'mounts at `b`, which is not an absolute path'],
    [':/b', 'has an empty part between colons'],
    ['a:/b:ro:x', 'has too many colons; the form is `[source:]target[:options]`'],
    ['a:/b:foo', 'has the option `foo`, which is not known'],
  ])('the mount %s is refused', (text, message) => {
    expect(parseVolume(text)).toEqual({ ok: false, message });
  });
});
