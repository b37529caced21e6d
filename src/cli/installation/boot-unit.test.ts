import { expect, it } from 'vitest';
import { bootUnit } from './boot-unit.ts';

const own = {
  launcher: '/usr/bin/berth',
  homeDirectory: '/root/.local/state/berth',
  defaultHome: '/root/.local/state/berth',
  uid: 0,
  userDirectory: '/root',
};

it('is a unit of the system for root, of the user for anybody else', () => {
  expect(bootUnit(own)).toMatchObject({ name: 'berth.service', file: '/etc/systemd/system/berth.service', scope: [] });
  expect(bootUnit({ ...own, uid: 1000, userDirectory: '/home/ann' })).toMatchObject({
    file: '/home/ann/.config/systemd/user/berth.service',
    scope: ['--user'],
    text: expect.stringContaining('WantedBy=default.target'),
  });
});

it('has a name of its own for another home', () => {
  const name = (homeDirectory: string) => bootUnit({ ...own, homeDirectory }).name;
  expect(name('/srv/berth')).toMatch(/^berth-[0-9a-f]{8}\.service$/);
  expect(name('/srv/berth')).not.toBe(name('/srv/other'));
});

it('quotes what systemd and cron would take apart', () => {
  const { text, cronLine } = bootUnit({ ...own, launcher: '/opt/my apps/berth', homeDirectory: "/srv/50%'s $home" });
  expect(text).toContain('ExecStart="/opt/my apps/berth" server run\n');
  expect(text).toContain(`Environment="BERTH_HOME=/srv/50%%'s $$home"\n`);
  expect(cronLine).toBe(`@reboot BERTH_HOME='/srv/50\\%'\\''s $home' '/opt/my apps/berth' server run`);
});
