#!/bin/sh
# Debian's packages that the rehearsal needs on the host. It installs what is missing, and nothing is started.
set -eu

packages="qemu-system-x86 mmdebstrap debian-archive-keyring nftables iproute2 conntrack procps dnsmasq-base charon-systemd
strongswan-swanctl libcharon-extra-plugins libstrongswan-standard-plugins tcpdump dpkg-dev e2fsprogs iptables xz-utils zstd"

missing=
for package in $packages; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

[ "$(id -u)" = 0 ] || { echo "the rehearsal needs these packages, and root to install them:$missing" >&2; exit 2; }
echo "installing for the rehearsal:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# Their daemons are for our namespaces, never for the host: nothing may start at installation.
if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
fi
# shellcheck disable=SC2086 # a list of words
apt-get -qq install --yes --no-install-recommends $missing >/dev/null
