import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { packTar, type TarEntry } from 'modern-tar';
import type { Engine } from '../../src/ports/index.ts';

const run = promisify(execFile);

/** Programs that every Debian machine has, and what a small server in Perl needs. */
const programs = ['sh', 'sleep', 'cat', 'ls', 'id', 'env', 'perl', 'mkdir', 'rm', 'head'];

/**
 * `/serve PORT [STATUS] [ADDRESS]`: a small HTTP/1.0 server that answers `NAME VERSION` (from its environment) and ends
 * on SIGTERM.
 */
const serve = `#!/usr/bin/perl
use strict; use Socket;
my ($port, $status, $address) = @ARGV; $status ||= 200; $address ||= '0.0.0.0';
$SIG{TERM} = sub { exit 0 };
socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($s, SOL_SOCKET, SO_REUSEADDR, pack('l', 1));
bind($s, sockaddr_in($port, inet_aton($address))) or die "bind: $!";
listen($s, 128) or die "listen: $!";
$| = 1; print "listening on $address:$port\\n";
my $body = ($ENV{HOSTNAME} || '') . ' ' . ($ENV{VERSION} || '') . "\\n";
while (accept(my $c, $s)) {
  my $head = ''; while (sysread($c, my $b, 4096)) { $head .= $b; last if $head =~ /\\r?\\n\\r?\\n/ }
  syswrite($c, "HTTP/1.0 $status X\\r\\nContent-Length: " . length($body) . "\\r\\nConnection: close\\r\\n\\r\\n$body") if $head;
  close $c;
}
`;

/** Absolute paths of a program and of every library it loads. */
async function closure(program: string): Promise<readonly string[]> {
  const path = (await run('sh', ['-c', 'command -v -- "$1"', 'sh', program])).stdout.trim();
  const { stdout } = await run('ldd', [path]);
  return [path, ...[...stdout.matchAll(/(\/\S+)/g)].map((match) => match[1] ?? '')];
}

/** The Perl modules that `/serve` loads. */
async function modules(): Promise<readonly string[]> {
  const print = 'print join("\\n", values %INC, @DynaLoader::dl_shared_objects)';
  return (await run('perl', ['-Mstrict', '-MSocket', '-MDynaLoader', '-e', print])).stdout.split('\n');
}

/** The root file system: `sh`, `sleep`, `cat`, `perl` and friends of this machine, with their libraries. */
export async function tinyRootFs(): Promise<Uint8Array> {
  const files = new Set((await Promise.all([...programs.map(closure), modules()])).flat());
  const entries: TarEntry[] = [
    { header: { name: 'tmp/', type: 'directory', size: 0, mode: 0o1777 } },
    { header: { name: 'etc/passwd', size: 31, mode: 0o644 }, body: 'root:x:0:0:root:/root:/bin/sh\n\n' },
    { header: { name: 'serve', size: Buffer.byteLength(serve), mode: 0o755 }, body: serve },
  ];
  for (const file of files) {
    // Under its path as it is asked for, also where that leads through a link into /usr.
    // oxlint-disable-next-line no-await-in-loop
    const body = await readFile(await realpath(file));
    entries.push({ header: { name: file.slice(1), size: body.length, mode: 0o755 }, body });
  }
  return packTar(entries);
}

/** Makes a tiny image on an engine, without any registry, and answers its id. Without a command it sleeps. */
export async function importTinyImage(
  engine: Pick<Engine, 'importImage'>,
  input: { repository: string; tag: string; changes?: readonly string[] },
): Promise<string> {
  const bytes = await tinyRootFs();
  async function* tar(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const changes = ['CMD ["sleep","3600"]', 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...(input.changes ?? [])];
  return engine.importImage({ tar: tar(), repository: input.repository, tag: input.tag, changes });
}
