/**
 * What mmdebstrap runs once the packages are unpacked (its `extract` variant runs no maintainer scripts): it writes the
 * package database that scanners read, accounts, the distribution's own certificate bundle and the small commands, lays
 * berth's files over it, and takes out manuals (mmdebstrap's own `path-exclude` makes unpacking four times slower) and
 * what belongs to this machine. `$1` is the root, `BERTH_EXTRAS` a directory.
 */
export const baseHook = `#!/bin/sh
set -eu
root=$1
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL

: >"$root/var/lib/dpkg/status"
for deb in "$root"/var/cache/apt/archives/*.deb; do
  name=$(dpkg-deb --field "$deb" Package)
  dpkg-deb --field "$deb" | sed '/^Package:/a Status: install ok installed' >>"$root/var/lib/dpkg/status"
  echo >>"$root/var/lib/dpkg/status"
  dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums >"$root/var/lib/dpkg/info/$name.md5sums" 2>/dev/null || rm -f "$root/var/lib/dpkg/info/$name.md5sums"
done

mkdir -p "$root/root" "$root/tmp" "$root/etc/ssl/certs" "$root/usr/local/bin"
chmod 1777 "$root/tmp"
chmod 700 "$root/root"
printf '%s\\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
printf '%s\\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$root/etc/nsswitch.conf"
if [ -d "$root/usr/share/ca-certificates/mozilla" ]; then
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
fi

if [ -x "$root/bin/busybox" ]; then "$root/bin/busybox" --list-full; fi | while read -r applet; do
  case $applet in linuxrc | */dpkg* | */rpm*) continue ;; esac
  path=$root/$applet
  command=\${applet##*/}
  if [ ! -e "$path" ] && [ ! -L "$path" ] && [ ! -e "$root/usr/bin/$command" ] && [ ! -e "$root/bin/$command" ]; then
    mkdir -p "\${path%/*}"
    ln -s /bin/busybox "$path"
  fi
done

cp -rL "$BERTH_EXTRAS/." "$root/"
if [ -d "$root/usr/local/lib/node_modules/npm" ]; then
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
fi
if [ -x "$root/usr/bin/python3" ] && [ ! -e "$root/usr/bin/python" ]; then ln -s python3 "$root/usr/bin/python"; fi

ldconfig -r "$root"
rm -rf "$root/var/cache/ldconfig"
rm -f "$root/etc/resolv.conf" "$root/etc/hostname" "$root/etc/apt/sources.list" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
find "$root/usr/share/doc" ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
rm -rf "$root"/usr/share/man "$root"/usr/share/locale "$root"/usr/share/info "$root"/usr/share/lintian "$root"/usr/share/bug "$root"/usr/share/perl5
rm -rf "$root"/boot "$root"/media "$root"/mnt "$root"/srv "$root"/var/backups
`;
