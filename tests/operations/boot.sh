#!/bin/bash
# First program in the namespaces of `machine.py`: make this machine's files private copies, then become systemd.
# $1: an empty folder; $2: the repository, which appears as /mnt/repository
set -euo pipefail

mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
for folder in etc mnt opt root usr/local var; do
    mkdir -p "$1/$folder/changes" "$1/$folder/work"
    mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$1/$folder/changes,workdir=$1/$folder/work" "/$folder"
done
mkdir -p /mnt/repository
mount --bind "$2" /mnt/repository
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir -p /run/lock /run/units/sysinit.target.wants /run/units/sockets.target.wants

# only these units of the distribution: others would change the kernel's settings, or look for hardware
cd /lib/systemd/system
cp -a dbus.{service,socket} nginx.service pgbouncer.service postgresql@.service systemd-journald{.service,.socket,-dev-log.socket} \
    {basic,local-fs,multi-user,network,network-online,paths,shutdown,slices,sockets,sysinit,timers,umount}.target /run/units
ln -s ../systemd-journald.service /run/units/sysinit.target.wants/
ln -s ../dbus.socket ../systemd-journald.socket ../systemd-journald-dev-log.socket /run/units/sockets.target.wants/
rm -rf /etc/systemd/system /etc/systemd/journald.conf.d
mkdir -p /etc/systemd/system /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nReadKMsg=no\n' > /etc/systemd/journald.conf.d/machine.conf
rm -f /etc/nginx/sites-enabled/* /etc/machine-id
systemd-machine-id-setup --print > /dev/null
exec env -i container=other SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/units PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=0
