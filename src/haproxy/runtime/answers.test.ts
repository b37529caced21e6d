import { expect, test } from 'vitest';
import { readClientConnections, readServersState, readStats, readStreams, readUsedConnections, readWorkers } from './answers.ts';

// The answers below are HAProxy 3.0.11's own, cut to the columns that are read and some between them.

test('reads the state of servers', () => {
  const text = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port
3 b 1 s1 127.0.0.1 2 0 100 100 18301
3 b 2 s2 127.0.0.1 0 1 100 100 18302
3 b 3 s3 127.0.0.1 2 8 0 100 18303
`;
  expect(readServersState(text)).toEqual([
    { backend: 'b', name: 's1', address: '127.0.0.1', port: 18_301, weight: 100, admin: 'ready' },
    { backend: 'b', name: 's2', address: '127.0.0.1', port: 18_302, weight: 100, admin: 'maint' },
    { backend: 'b', name: 's3', address: '127.0.0.1', port: 18_303, weight: 0, admin: 'drain' },
  ]);
});

test('reads the counters of servers, and of nothing else', () => {
  const text = `# pxname,svname,scur,stot,econ,eresp,status,type,check_status,check_code,hrsp_5xx,req_tot,last_chk,rtime,mode,used_conn_cur,
f,FRONTEND,0,3,,,OPEN,0,,,0,3,,,http,,
b,s1,1,9,1,2,UP,2,L7OK,200,4,8,"Layer7 check passed, ""fine""",12,http,2,
b,s2,0,5,0,0,DOWN 1/2,2,L4CON,,0,,Connection refused,0,tcp,0,
b,s3,0,0,0,0,DRAIN,2,* L7OK,200,0,0,,0,http,0,
b,BACKEND,0,9,1,2,UP,1,,,4,,,12,http,,
`;
  const common = { backend: 'b', connectErrors: 0, responseErrors: 0, responses5xx: 0, responseMs: 0, current: 0 };
  expect(readStats(text)).toEqual([
    {
      backend: 'b',
      server: 's1',
      status: 'up',
      checked: true,
      lastCheck: 'L7OK/200 Layer7 check passed, "fine"',
      current: 2,
      requests: 8,
      responses5xx: 4,
      connectErrors: 1,
      responseErrors: 2,
      responseMs: 12,
    },
    { ...common, server: 's2', status: 'down', checked: false, lastCheck: 'L4CON Connection refused', requests: 5 },
    { ...common, server: 's3', status: 'drain', checked: true, lastCheck: 'L7OK/200', requests: 0 },
  ]);
});

test('reads workers and which of them are left over', () => {
  const text = `#<PID>          <type>          <reloads>       <uptime>        <version>      
1               master          5 [failed: 0]   0d00h12m48s     3.0.11-1+deb13u3
# workers
27              worker          0               0d00h00m01s     3.0.11-1+deb13u3
# old workers
23              worker          1               1d02h01m32s     3.0.11-1+deb13u3
# programs
`;
  expect(readWorkers(text)).toEqual([
    { pid: 27, reloads: 0, uptimeMs: 1_000, old: false },
    { pid: 23, reloads: 1, uptimeMs: ((26 * 60 + 1) * 60 + 32) * 1_000, old: true },
  ]);
});

test('reads streams and tells tunnels from requests', () => {
  const text = `0x7f01: [21/Nov/2026:03:55:51.759488] id=91 proto=tcpv4 source=127.0.0.1:34882
  backend=b (id=3 mode=http) addr=127.0.0.1:45606
  server=s1 (id=1) addr=127.0.0.1:18301
  txn=0x7f50134337e0 flags=0x8000 meth=1 status=101 req.st=MSG_TUNNEL rsp.st=MSG_TUNNEL req.f=0xcc rsp.f=0xcc
0x7f02: [21/Nov/2026:03:55:51.759488] id=92 proto=tcpv4 source=127.0.0.1:34883
  backend=b (id=3 mode=http) addr=127.0.0.1:45607
  server=s1 (id=1) addr=127.0.0.1:18301
  txn=0x7f50134337e0 flags=0x8000 meth=1 status=0 req.st=MSG_DONE rsp.st=MSG_RPBEFORE req.f=0xcc rsp.f=0xcc
0x7f03: [21/Nov/2026:03:55:51.759488] id=93 proto=tcpv4 source=127.0.0.1:34884
  backend=d (id=4 mode=tcp) addr=127.0.0.1:45608
  server=s2 (id=1) addr=127.0.0.1:18302
0x7f04: [21/Nov/2026:03:55:52.315209] id=94 proto=sockpair source=unix:2
  backend=<NONE> (id=-1 mode=-)
  server=<NONE> (id=-1)
`;
  expect(readStreams(text)).toEqual([
    { id: '0x7f01', backend: 'b', server: 's1', long: true },
    { id: '0x7f02', backend: 'b', server: 's1', long: false },
    { id: '0x7f03', backend: 'd', server: 's2', long: true },
  ]);
});

test('reads connections in use, of servers and of clients', () => {
  const text = `# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[2]
b/s1 3/1 127.0.0.1 18301 - 5000 4 4 1 1 0 -1 1 0 1
b/s11 3/2 127.0.0.1 18302 - 5000 9 9 1 1 0 -1 1 0 1
`;
  expect(readUsedConnections(text, 'b', 's1')).toBe(4);
  expect(readUsedConnections(text, 'b', 's')).toBe(0);
  expect(readUsedConnections("Can't find backend.", 'b', 's1')).toBe(0);
  expect(readClientConnections('MaxConn: 3\nCurrConns: 2\n')).toBe(2);
});
