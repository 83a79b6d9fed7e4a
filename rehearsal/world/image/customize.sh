#!/bin/sh
# The last step of mmdebstrap: $1 is the image's tree; the variables are set in build.py.
set -eu
tree=$1

# What the gateway will install, with what that needs beyond the image: taken now, offered by the edge later.
# systemd-resolved has made this a link to where nothing is yet.
rm -f "$tree/etc/resolv.conf"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
rm -f "$tree"/var/cache/apt/archives/*.deb
# shellcheck disable=SC2086
chroot "$tree" apt-get install --yes --quiet --no-install-recommends --download-only $OFFERED >&2
mv "$tree"/var/cache/apt/archives/*.deb "$POOL/"

for files in $TREES; do
    cp -R --no-preserve=ownership "$files/." "$tree/"
done
rm -f "$tree/etc/apt/sources.list" "$tree"/etc/apt/sources.list.d/*.list "$tree/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
cp "$AUTHORITY" "$tree/usr/local/share/ca-certificates/fixtunnel-rehearsal.crt"
cp "$ARCHIVE_CERTIFICATE" "$tree/etc/apt/rehearsal-archive.pem"
chroot "$tree" update-ca-certificates >&2

# The client's FIX engine. Without compiling it here an emulated processor would spend seconds on that at each start.
mkdir -p "$tree$ENGINE_PLACE"
cp -R --no-preserve=ownership "$ENGINE/." "$tree$ENGINE_PLACE/"
chroot "$tree" python3 -m compileall -q "$ENGINE_PLACE" >&2

# As debian-cloud-images leaves it: networkd and resolved enabled, no name and no identity of its own yet.
chroot "$tree" systemctl --quiet enable systemd-networkd.service systemd-resolved.service
rm -f "$tree/etc/mailname" "$tree/var/lib/dbus/machine-id"
: >"$tree/etc/hostname"
: >"$tree/etc/machine-id"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$tree/etc/resolv.conf"
# The units that bring /etc and /var up to date after a change of /usr have nothing to do: that was done just now.
touch -r "$tree/usr" "$tree/etc/.updated" "$tree/var/.updated"
# shellcheck disable=SC2016 # dpkg's own fields
dpkg-query --admindir="$tree/var/lib/dpkg" --show --showformat='${Package} ${Version}\n' >"$MANIFEST"
