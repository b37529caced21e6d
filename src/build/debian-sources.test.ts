import { expect, test } from 'vitest';
import { findDebianMirrors, sourceLines } from './debian-sources.ts';

test('both formats of apt sources name the mirrors of a site', () => {
  const expected = { archive: 'http://mirror.site/debian', security: 'http://mirror.site/debian-security' };
  const list =
    'deb [signed-by=/k] http://mirror.site/debian/ bookworm main\ndeb http://mirror.site/debian-security bookworm-security main\n';
  const sources =
    'Types: deb\nURIs: http://mirror.site/debian\nSuites: bookworm bookworm-updates\nComponents: main\n\nTypes: deb\nURIs: http://mirror.site/debian-security\nSuites: bookworm-security\n';
  expect(findDebianMirrors([list])).toEqual(expected);
  expect(findDebianMirrors([sources])).toEqual(expected);
});

test('other repositories and other distributions are passed over', () => {
  const found = findDebianMirrors([
    'deb https://download.docker.com/linux/debian bookworm stable\n'.replace('bookworm', 'noble'),
    '# deb http://x/debian bookworm main\n',
    'Types: deb\nEnabled: no\nURIs: http://y/\nSuites: trixie\n',
  ]);
  expect(found).toEqual({ archive: 'http://deb.debian.org/debian', security: 'http://deb.debian.org/debian-security' });
});

test('a suite comes with its updates', () => {
  expect(sourceLines({ archive: 'http://a', security: 'http://s' }, 'trixie')).toEqual([
    'deb http://a trixie main',
    'deb http://a trixie-updates main',
    'deb http://s trixie-security main',
  ]);
});
