import { tlsMount } from '../config/certificates.ts';

/** The directory of certificates beside HAProxy's sockets, and the one beside the boot file. */
export const tlsDirectory = 'tls';

const missingIn = (from: string, to: string, act: string): string => `
for f in ${from}/*; do
  t=${to}/\${f##*/}
  [ ! -f "$f" ] || [ -s "$t" ] || ${act}
done
`;
const copy = (then: string): string => `( umask 077; mkdir -p "\${t%/*}" && cp "$f" "$t.new" && ${then} && mv -f "$t.new" "$t" )`;

/** What a container does before it starts HAProxy: who finds an empty run directory (a reboot) takes all from beside the boot file. */
export function restoreScript(bootMount: string): string {
  const from = `${bootMount}/${tlsDirectory}`;
  return missingIn(from, tlsMount, copy(`{ chown "$(stat -c %u:%g "\${t%/*/*}")" "\${t%/*}" "$t.new" || true; }`));
}

/** The same as `CertificateFiles.copyTo`, done by the container. */
export function copyScript(bootMount: string): string {
  return missingIn(tlsMount, `${bootMount}/${tlsDirectory}`, copy('sync "$t.new"'));
}

/** The same as `CertificateFiles.pruneCopy`, done by the container. */
export function pruneScript(bootMount: string): string {
  return missingIn(`${bootMount}/${tlsDirectory}`, tlsMount, 'rm -f "$f"');
}
