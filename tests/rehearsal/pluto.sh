#!/bin/sh
# Run pluto of a root file system for some seconds, let it initiate one connection, and print what it logged.
set -eu
root=$1
etc=$2
name=$3
seconds=$4

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

chroot "$root" ipsec initnss >/dev/null 2>&1 || true # the package may have done it
chroot "$root" /usr/libexec/ipsec/pluto --config /etc/ipsec.conf --nofork --logfile /tmp/pluto.log >/dev/null 2>&1 &
tries=50
until chroot "$root" ipsec whack --status >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "pluto does not answer" >&2; cat "$root/tmp/pluto.log" >&2; exit 1; }
    sleep 0.2
done
chroot "$root" ipsec addconn --config /etc/ipsec.conf --autoall >/dev/null
timeout "$seconds" chroot "$root" ipsec whack --name "$name" --initiate >/dev/null 2>&1 || true
cat "$root/tmp/pluto.log"
