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

policy=/usr/sbin/policy-rc.d
# In a policy of ours: what tells it from the administrator's, and the units that were enabled before.
mark='# fixtunnel, until its packages are installed; enabled before:'

is_ours() {
    grep -qsF "$mark" "$policy"
}

# Where a run was killed (SIGKILL, a power cut) its policy is still there, and this one tidies up behind it.
[ -n "$missing" ] || is_ours || exit 0

[ "$(id -u)" = 0 ] || { echo "the rehearsal needs these packages, and root to install them:$missing" >&2; exit 2; }
# One at a time: the other's policy is not one that was left behind.
exec 9>/run/fixtunnel-packages.lock
flock --wait 900 9 || { echo "another rehearsal has been installing packages for 15 minutes" >&2; exit 1; }

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

# A shell hears a signal only between two programs, unless it waits for one in the background.
running=
beside() {
    running=yes
    "$@" &
    code=0
    wait "$!" || code=$?
    running=
    return "$code"
}

# A download is ended. What dpkg has begun hears no signal, and is waited for: half an installation is none.
end_running() {
    [ -n "$running" ] || return 0
    kill "$!" 2>/dev/null || true
    wait "$!" || true
}

# What this run enabled is disabled, whether or not the installation succeeded.
leave_as_found() {
    status=$?
    trap '' HUP INT TERM
    trap - EXIT
    end_running
    if is_ours; then rm -f "$policy"; fi
    for unit in $(new_units); do
        disable "$unit"
        # An administrator's own policy may have let it start.
        [ ! -d /run/systemd/system ] || systemctl stop "$unit"
    done
    left=$(new_units)
    [ -z "$left" ] || { echo "still enabled, disable by hand: $left" >&2; exit 1; }
    exit "$status"
}

# The terminal, and who waits for us, may both send the same one.
ended() {
    trap '' HUP INT TERM
    echo "tidying up: what dpkg has begun is finished first" >&2
    exit "$1"
}

install() {
    trap '' HUP INT TERM
    # shellcheck disable=SC2086 # a list of words
    exec apt-get -qq install --yes --no-install-recommends --no-download $missing >/dev/null
}

if is_ours; then before=$(sed -n 's/^# was //p' "$policy"); else before=$(enabled); fi
trap leave_as_found EXIT
trap 'ended 129' HUP
trap 'ended 130' INT
trap 'ended 143' TERM
[ -n "$missing" ] || exit 0
echo "installing for the rehearsal:$missing"
export DEBIAN_FRONTEND=noninteractive
beside apt-get -qq update
# shellcheck disable=SC2086 # a list of words
beside apt-get -qq install --yes --no-install-recommends --download-only $missing >/dev/null
if [ ! -e "$policy" ]; then
    { printf '#!/bin/sh\n%s\n' "$mark"; echo "$before" | sed 's/^/# was /'; echo 'exit 101'; } >"$policy.new"
    chmod 755 "$policy.new"
    mv "$policy.new" "$policy"
fi
beside install
