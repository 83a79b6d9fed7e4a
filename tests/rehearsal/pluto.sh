#!/bin/sh
# Run pluto of a root file system on a folder of its configuration. Runs in namespaces of its own, which go with it.
# pluto.sh ROOT ETC: print its version, then the name of each connection that it knows.
# pluto.sh ROOT ETC NAME SECONDS: let it initiate that connection, and print what it logged until then.
set -eu
root=$1
etc=$2
name=${3-}
seconds=${4-}

if [ -z "$name" ]; then
    # An interface with a default route, as a gateway has one: `left=%defaultroute` needs it.
    ip link set lo up
    ip link add inside type veth peer name outside
    ip address add 10.64.0.10/26 dev inside
    ip link set inside up
    ip link set outside up
    ip route add default via 10.64.0.1
fi

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

if [ -z "$name" ]; then
    chroot "$root" ipsec --version
    chroot "$root" ipsec addconn --config /etc/ipsec.conf --checkconfig
fi
chroot "$root" ipsec initnss >/dev/null 2>&1 || true # the package may have done it
chroot "$root" /usr/libexec/ipsec/pluto --config /etc/ipsec.conf --nofork --logfile /tmp/pluto.log >/dev/null 2>&1 &
tries=50
until chroot "$root" ipsec whack --status >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "pluto does not answer" >&2; cat "$root/tmp/pluto.log" >&2; exit 1; }
    sleep 0.2
done
chroot "$root" ipsec addconn --config /etc/ipsec.conf --autoall >/dev/null
if [ -z "$name" ]; then
    chroot "$root" ipsec whack --status | sed -n 's/^\(000 \)\{0,1\}"\([A-Za-z][^"]*\)":.*/\2/p' | sort -u
else
    timeout "$seconds" chroot "$root" ipsec whack --name "$name" --initiate >/dev/null 2>&1 || true
    cat "$root/tmp/pluto.log"
fi
