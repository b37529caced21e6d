import { expect, test } from 'vitest';
import { collectBuildEnvironment, type Surroundings } from './environment.ts';

function collect(environment: Record<string, string>, files: Record<string, string> = {}) {
  const surroundings: Surroundings = {
    environment,
    home: '/home/me',
    read: (path) => files[path],
    list: (path) =>
      Object.keys(files)
        .filter((file) => file.startsWith(`${path}/`))
        .map((file) => file.slice(path.length + 1)),
  };
  return collectBuildEnvironment(surroundings);
}

test('nothing special is nothing special', () => {
  expect(collect({ PATH: '/bin', HOME: '/home/me', SECRET: 'x' })).toEqual({
    proxy: {},
    certificateFiles: [],
    npmrc: undefined,
    pipConf: undefined,
    bases: 'auto',
    tool: { PATH: '/bin', HOME: '/home/me' },
  });
});

test('proxies, authorities, settings and index variables are found', () => {
  const files = {
    '/corp.pem': 'x',
    '/mirror.pem': 'x',
    '/usr/local/share/ca-certificates/a.crt': 'x',
    '/usr/local/share/ca-certificates/readme.txt': 'x',
    '/home/me/.npmrc': 'cafile=/mirror.pem\n',
    '/home/me/.config/pip/pip.conf': '[global]\n',
    '/etc/pip.conf': '[global]\n',
  };
  const found = collect(
    {
      HTTPS_PROXY: 'http://p:1',
      no_proxy: 'local',
      SSL_CERT_FILE: '/corp.pem',
      NODE_EXTRA_CA_CERTS: '/gone.pem',
      PIP_INDEX_URL: 'https://m/',
      TOKEN: 't',
    },
    files,
  );
  expect(found.proxy).toEqual({ no_proxy: 'local', HTTPS_PROXY: 'http://p:1' });
  expect(found.certificateFiles).toEqual(['/corp.pem', '/mirror.pem', '/usr/local/share/ca-certificates/a.crt']);
  expect(found.npmrc).toBe('/home/me/.npmrc');
  expect(found.pipConf).toBe('/home/me/.config/pip/pip.conf');
  expect(found.tool).toEqual({ PIP_INDEX_URL: 'https://m/', HOME: '/home/me' });
});

test('a named npmrc wins over the one at home', () => {
  expect(collect({ NPM_CONFIG_USERCONFIG: '/x/npmrc' }, { '/x/npmrc': '', '/home/me/.npmrc': '' }).npmrc).toBe('/x/npmrc');
});

test('BERTH_BASES is one of three words', () => {
  expect(collect({ BERTH_BASES: 'distro' }).bases).toBe('distro');
  expect(() => collect({ BERTH_BASES: 'debian' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
