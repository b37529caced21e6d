import { describe, expect, it } from 'vitest';
import { networkOf, parseRoutes } from './routes.ts';
import { parseConnections, parseListening } from './sockets.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, inode: string): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

describe('parseListening', () => {
  it.each([
    ['0100007F:1F90', '127.0.0.1', 8080],
    ['00000000:0BB8', '0.0.0.0', 3000],
    ['00000000000000000000000000000000:0050', '::', 80],
    ['00000000000000000000000001000000:0050', '::1', 80],
    ['0000000000000000FFFF00000100007F:0050', '127.0.0.1', 80],
    ['000080FE00000000FF00FC00010000FE:0016', 'fe80::fc:ff:fe00:1', 22],
    ['B80D0120000000000000000001000000:0050', '2001:db8::1', 80],
  ])('reads %s', (local, address, port) => {
    expect(parseListening(head + row(local, '0A', '42'))).toEqual([{ address, port, inode: '42' }]);
  });

  it('leaves out sockets that do not listen', () => {
    expect(parseListening(head + row('0100007F:1F90', '01', '42'))).toEqual([]);
  });
});

describe('parseConnections', () => {
  it('reads who is connected, and leaves out who listens or has gone', () => {
    const connected = (state: string): string =>
      `   0: 0200C80A:0BB8 0300C80A:D431 ${state} 00000000:00000000 00:00000000 00000000     0        0 42 1 0000000000000000 100 0 0 10 0\n`;
    const all = head + row('00000000:0BB8', '0A', '41') + connected('01') + connected('06') + connected('08');
    const one = { localPort: 3000, address: '10.200.0.3', port: 54_321 };
    expect(parseConnections(all)).toEqual([one, one]);
  });
});

describe('routes', () => {
  it('reads networks and leaves out the default route', () => {
    const text =
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n' +
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n' +
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n' +
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n';
    expect(parseRoutes(text)).toEqual(['192.0.2.0/24', '172.17.0.0/16']);
  });

  it.each([
    ['10.1.2.3/24', '10.1.2.0/24'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.203/26', '10.1.2.192/26'],
    ['10.1.2.3/32', '10.1.2.3/32'],
  ])('%s is on %s', (cidr, network) => {
    expect(networkOf(cidr)).toBe(network);
  });
});
