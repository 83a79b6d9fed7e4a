#!/bin/sh
# A second systemd over a copy of this machine's root that is gone afterwards: $1 is an empty folder, $2 holds what is laid over
# the root, `job.service` among it, and $3 is its /out, which stays. Run in mount, process, network, IPC, host-name and cgroup namespaces of its own.
set -eu
mount -t tmpfs none "$1"
root=$1/root
mkdir "$1/upper" "$1/work" "$root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs none "$root/$folder"; done
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s null "$root/dev/console"
# Nothing of this machine's own starts: the basic target and what is laid over.
rm -rf "$root"/etc/systemd/system/*.wants
for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
cp -a "$2/." "$root/"
mkdir "$root/out"
mount --bind "$3" "$root/out"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test \
    /lib/systemd/systemd --system --unit=job.service --show-status=no
