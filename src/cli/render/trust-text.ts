import { moment } from '../format.ts';

/** How clients come to trust berth's own authority, whose certificate lies in `file`. */
export function trustText(authority: { readonly fingerprint: string; readonly notAfterMs: number }, file: string): string {
  return [
    `SHA-256 ${authority.fingerprint}`,
    `It ends on ${moment(authority.notAfterMs).slice(0, 10)}. To trust it, with the certificate in ${file}:`,
    `  Debian, Ubuntu   sudo cp ${file} /usr/local/share/ca-certificates/berth.crt && sudo update-ca-certificates`,
    `  Fedora, RHEL     sudo cp ${file} /etc/pki/ca-trust/source/anchors/berth.crt && sudo update-ca-trust`,
    `  macOS            sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${file}`,
    `  Windows          certutil -addstore -f Root ${file}`,
    '  Firefox          Settings, Certificates, Authorities, Import',
    `  one program      curl --cacert ${file}, NODE_EXTRA_CA_CERTS=${file}, SSL_CERT_FILE=${file}`,
  ].join('\n');
}
