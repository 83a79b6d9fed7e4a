#!/bin/sh
# Debian's packages that the rehearsal needs on the host. It installs what is missing. Their daemons are for the rehearsal's
# network namespaces: on the host none is started, now or at the next boot (strongSwan would listen on every interface).
set -eu

packages="qemu-system-x86 mmdebstrap debian-archive-keyring nftables iproute2 conntrack procps dnsmasq-base charon-systemd
strongswan-swanctl libcharon-extra-plugins libstrongswan-standard-plugins tcpdump dpkg-dev gpg gpg-agent gpgv e2fsprogs iptables systemd xz-utils zstd"

missing=
for package in $packages; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

[ "$(id -u)" = 0 ] || { echo "the rehearsal needs these packages, and root to install them:$missing" >&2; exit 2; }
echo "installing for the rehearsal:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update

policy=/usr/sbin/policy-rc.d

# The units that something wants at boot. The links are Debian's, with or without systemd as the first process.
enabled() {
    find /etc/systemd/system/*.wants /etc/systemd/system/*.requires -type l 2>/dev/null | sed 's|.*/||' | sort -u
}

new_units() {
    enabled | grep -vxF "$before" || true
}

# It stays disabled when the package is upgraded.
disable() {
    if command -v systemctl >/dev/null; then
        systemctl --quiet disable "$1"
    else
        # It answers to maintainers' scripts only.
        DPKG_MAINTSCRIPT_PACKAGE=fixtunnel deb-systemd-helper disable "$1" >/dev/null
    fi
}

# What this run enabled is disabled, whether or not the installation succeeded.
leave_as_found() {
    status=$?
    trap - EXIT HUP INT TERM
    [ -z "$ours" ] || rm -f "$policy"
    for unit in $(new_units); do
        disable "$unit"
        # An administrator's own policy may have let it start.
        [ ! -d /run/systemd/system ] || systemctl stop "$unit"
    done
    left=$(new_units)
    [ -z "$left" ] || { echo "still enabled, disable by hand: $left" >&2; exit 1; }
    exit "$status"
}

before=$(enabled)
ours=
trap leave_as_found EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
# shellcheck disable=SC2086 # a list of words
apt-get -qq install --yes --no-install-recommends $missing >/dev/null
