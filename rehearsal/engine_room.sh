#!/bin/sh
# Print pluto's version, then the name of each connection that it knows. Runs in namespaces of its own, which go with it.
set -eu
root=$1
etc=$2

# An interface with a default route, as a gateway has one: `left=%defaultroute` needs it.
ip link set lo up
ip link add inside type veth peer name outside
ip address add 10.64.0.10/26 dev inside
ip link set inside up
ip link set outside up
ip route add default via 10.64.0.1

# An overlay, so that runs do not see each other's files.
work=$etc/../work
mkdir "$work"
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$work/root"
root=$work/root
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/run/pluto"
cp -r "$etc/." "$root/etc/"

chroot "$root" ipsec --version
chroot "$root" ipsec addconn --config /etc/ipsec.conf --checkconfig
chroot "$root" ipsec initnss >/dev/null 2>&1 || true # the package may have done it
chroot "$root" /usr/libexec/ipsec/pluto --config /etc/ipsec.conf --nofork --logfile /tmp/pluto.log >/dev/null 2>&1 &
tries=50
until chroot "$root" ipsec whack --status >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "pluto does not answer" >&2; cat "$root/tmp/pluto.log" >&2; exit 1; }
    sleep 0.2
done
chroot "$root" ipsec addconn --config /etc/ipsec.conf --autoall >/dev/null
chroot "$root" ipsec whack --status | sed -n 's/^\(000 \)\{0,1\}"\([A-Za-z][^"/]*\)[^"]*":.*/\2/p' | sort -u
